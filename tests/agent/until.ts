const LOOK_AGAIN_MS = 20;

/** Look until `condition` holds or the deadline is over; the failure says what was last seen. */
export async function until<T>(
  look: () => T | Promise<T>,
  condition: (seen: T) => boolean,
  deadlineMs = 15_000,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (condition(seen)) return seen;
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
