/**
 * Where in a row of runs a number changed for good. Circular binary segmentation
 * (Olshen, Venkatraman and others, Circular binary segmentation for the analysis
 * of array-based DNA copy number data, 2004): the stretch that differs most from
 * all the rest, kept where hardly any shuffle of the same numbers has one like
 * it; then the same in each part. So what got worse and was put right is found
 * too. By ranks: one odd run, however odd, is one run.
 */
import { seededRandom } from './random.ts';

export interface ChangePoint {
  /** The first value of the new level. */
  at: number;
  /** Medians of the stretches before and behind, up to the next change points. */
  before: number;
  after: number;
  /** Share of shuffles that split as well. */
  p: number;
}

export interface ChangePointOptions {
  seed?: number;
  /** Level of the test. */
  level?: number;
  shuffles?: number;
}

/** Fewer than this many runs are no level. */
const SHORTEST = 3;

interface Test {
  level: number;
  shuffles: number;
  random: () => number;
}

/** @param values one a run, in the order of time, all finite */
export function changePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoint[] {
  const { seed = 1, level = 0.01, shuffles = 999 } = options;
  const found = edges(values, 0, { level, shuffles, random: seededRandom(seed) });
  const at = [...found.keys()].sort((a, b) => a - b);
  return at.map((edge, i) => ({
    at: edge,
    p: found.get(edge)!,
    before: median(values.slice(at[i - 1] ?? 0, edge)),
    after: median(values.slice(edge, at[i + 1] ?? values.length)),
  }));
}

/** Edge → share of shuffles that had one like it. */
function edges(values: readonly number[], offset: number, test: Test): Map<number, number> {
  if (values.length < 2 * SHORTEST) return new Map();
  const ranks = ranksOf(values);
  const { from, to, size } = mostDifferent(ranks);
  let alike = 1;
  for (let i = 0; i < test.shuffles; i++) if (mostDifferent(shuffled(ranks, test.random)).size >= size) alike++;
  const p = alike / (test.shuffles + 1);
  if (p > test.level) return new Map();
  const inner = [from, to].filter((edge) => edge > 0 && edge < values.length);
  const parts = [0, ...inner, values.length];
  return new Map([
    ...inner.map((edge): [number, number] => [offset + edge, p]),
    ...inner
      .concat(values.length)
      .flatMap((end, i) => [...edges(values.slice(parts[i], end), offset + parts[i]!, test)]),
  ]);
}

/** The stretch [from, to) whose ranks are furthest from those of the rest, in standard deviations but for a constant. */
function mostDifferent(ranks: readonly number[]): { from: number; to: number; size: number } {
  const n = ranks.length;
  const sums = [0];
  for (const rank of ranks) sums.push(sums.at(-1)! + rank);
  const mean = sums[n]! / n;
  let best = { from: 0, to: n, size: Number.NEGATIVE_INFINITY };
  for (let from = 0; from + SHORTEST <= n; from++) {
    for (let to = from + SHORTEST; to <= n; to++) {
      if (!leavesLevels(from, to, n)) continue;
      const count = to - from;
      const size = Math.abs(sums[to]! - sums[from]! - count * mean) / Math.sqrt(count * (n - count));
      if (size > best.size) best = { from, to, size };
    }
  }
  return best;
}

/** What is left on either side is nothing, or long enough to be a level. */
function leavesLevels(from: number, to: number, n: number): boolean {
  const isLevel = (count: number) => count === 0 || count >= SHORTEST;
  return to - from < n && isLevel(from) && isLevel(n - to);
}

/** Equal values share their mean rank. */
function ranksOf(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

function shuffled(values: readonly number[], random: () => number): number[] {
  const copy = [...values];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
