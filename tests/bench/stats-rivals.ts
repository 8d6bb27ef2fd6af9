/** What others do, for the same table: each answers whether two samples differ. */
import { normalQuantile } from '../../server/compare/normal.ts';
import type { Random } from './stats-shapes.ts';

const DRAWS = 200;

/** The naive bootstrap: requests are drawn one by one, as if none knew its neighbours. @returns does the interval hold the truth? */
export function naiveHolds(a: Float64Array, b: Float64Array, quantile: number, truth: number, random: Random): boolean {
  const [sortedA, sortedB] = [a.toSorted(), b.toSorted()];
  const shifts = Float64Array.from(
    { length: DRAWS },
    () => drawn(sortedB, quantile, random) - drawn(sortedA, quantile, random),
  );
  shifts.sort();
  return shifts[Math.floor(0.025 * DRAWS)]! <= truth && shifts[Math.ceil(0.975 * DRAWS) - 1]! >= truth;
}

/** A quantile of as many values drawn with replacement: counted by rank, which needs no sorting of the drawn ones. */
function drawn(sorted: Float64Array, quantile: number, random: Random): number {
  const counts = new Uint32Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) counts[Math.floor(random() * sorted.length)]! += 1;
  let left = Math.ceil(quantile * sorted.length);
  let rank = -1;
  while (left > 0) left -= counts[++rank]!;
  return sorted[rank]!;
}

/** Mann and Whitney, On a test of whether one of two random variables is stochastically larger, 1947; ties by their mean rank. @returns no difference at 5 %? */
export function mannWhitneyHolds(a: Float64Array, b: Float64Array): boolean {
  const all = [a, b].flatMap((values, arm) => [...values].map((value): [number, number] => [value, arm]));
  all.sort((x, y) => x[0] - y[0]);
  let ranksOfA = 0;
  let tied = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]![0] === all[from]![0]) to += 1;
    const rank = (from + to + 1) / 2;
    for (let i = from; i < to; i++) if (all[i]![1] === 0) ranksOfA += rank;
    tied += (to - from) ** 3 - (to - from);
    from = to;
  }
  const [n, m, size] = [a.length, b.length, all.length];
  const u = ranksOfA - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (size + 1 - tied / (size * (size - 1)));
  return Math.abs(u - (n * m) / 2) / Math.sqrt(variance) <= normalQuantile(0.975);
}
