/** Constraint points of a clock pair: x is guest time, y an offset, both in ns and in parallel arrays. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  count: number;
  /** `count` after the last reduction: nothing to do while it is the same. */
  reduced: number;
}

export function points(capacity: number): Points {
  return { x: new Float64Array(capacity), y: new Float64Array(capacity), count: 0, reduced: 0 };
}

/**
 * Reduce `p` in place to the points that can touch a line lying above all of
 * them (`side` 1: the upper hull) or below all of them (-1: the lower hull),
 * sorted by x: Andrew's monotone chain. Every line that respects the hull
 * respects all the points it was made from.
 */
export function reduceToHull(p: Points, side: 1 | -1): void {
  if (p.count === p.reduced) return;
  sortByX(p, side);
  let kept = 0;
  for (let i = 0; i < p.count; i++) {
    const x = p.x[i]!;
    const y = p.y[i]!;
    if (kept > 0 && p.x[kept - 1] === x) continue;
    while (kept > 1 && !bends(p, kept, x, y, side)) kept--;
    p.x[kept] = x;
    p.y[kept] = y;
    kept++;
  }
  p.count = kept;
  p.reduced = kept;
}

/** Whether the last kept point stays on the hull when (x, y) is added. */
function bends(p: Points, kept: number, x: number, y: number, side: 1 | -1): boolean {
  const ax = p.x[kept - 2]!;
  const ay = p.y[kept - 2]!;
  const turn = (p.x[kept - 1]! - ax) * (y - ay) - (p.y[kept - 1]! - ay) * (x - ax);
  return turn * side < 0;
}

/** By x; of equal x the binding point first. By insertion: points come nearly in order. */
function sortByX(p: Points, side: 1 | -1): void {
  for (let i = 1; i < p.count; i++) {
    const x = p.x[i]!;
    const y = p.y[i]!;
    let at = i;
    while (at > 0 && (p.x[at - 1]! > x || (p.x[at - 1] === x && side * (y - p.y[at - 1]!) > 0))) {
      p.x[at] = p.x[at - 1]!;
      p.y[at] = p.y[at - 1]!;
      at--;
    }
    p.x[at] = x;
    p.y[at] = y;
  }
}
