/** Ratios by block with their uncertainty, and the order in which blocks run. Everything is seeded. */

export type Random = () => number;

/** mulberry32: a small seeded generator of numbers from 0 to 1. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `rounds` rounds, each with every name once: odd rounds in random order, even
 * ones the same backwards (ABBA), so that a steady drift meets all alike.
 */
export function abbaOrder<T>(names: readonly T[], rounds: number, random: Random): T[][] {
  const order: T[][] = [];
  while (order.length < rounds) {
    const forth = shuffled(names, random);
    order.push(forth, forth.toReversed());
  }
  return order.slice(0, rounds);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

export interface Ratio {
  ratio: number;
  /** 95 % interval: percentile bootstrap over blocks (Efron, Ann. Statist. 7(1), 1979). */
  low: number;
  high: number;
}

const RESAMPLES = 4000;

/** Mean of `values` over mean of `base`, block by block: the two arrays run along the same blocks. */
export function blockRatio(values: readonly number[], base: readonly number[], random: Random): Ratio {
  const count = values.length;
  if (count === 0 || base.length !== count) throw new Error('a ratio wants the same blocks on both sides');
  const resampled = Array.from({ length: RESAMPLES }, () => {
    let above = 0;
    let below = 0;
    for (let i = 0; i < count; i++) {
      const block = Math.floor(random() * count);
      above += values[block]!;
      below += base[block]!;
    }
    return above / below;
  }).sort((a, b) => a - b);
  return {
    ratio: sum(values) / sum(base),
    low: resampled[Math.floor(0.025 * RESAMPLES)]!,
    high: resampled[Math.ceil(0.975 * RESAMPLES) - 1]!,
  };
}

/** How far from 1 nothing against nothing can be: what is nearer to 1 than this cannot be told from it. */
export function halfWidth({ low, high, ratio }: Ratio): number {
  return Math.max(Math.abs(low - 1), Math.abs(high - 1), Math.abs(ratio - 1));
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
