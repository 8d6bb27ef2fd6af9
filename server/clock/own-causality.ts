/**
 * The offset nearest to `offset` that one exchange's own causality allows: it
 * reached the guest after it left the host, and the host after it left the
 * guest. The true offset satisfies both, so moving towards the allowed range
 * can only take error away, and a bound that held before still holds.
 *
 * All times in ns of their own clocks; the result is added to guest times.
 * NaN where a station is missing means no constraint. A contradiction (a
 * negative round trip: a clock step) leaves `offset` as it was.
 */
export function withinOwnCausality(
  offset: number,
  hostOutNs: number,
  guestInNs: number,
  guestOutNs: number,
  hostInNs: number,
): number {
  const lowest = hostOutNs - guestInNs;
  const highest = hostInNs - guestOutNs;
  if (lowest > highest) return offset;
  if (offset < lowest) return lowest;
  return offset > highest ? highest : offset;
}
