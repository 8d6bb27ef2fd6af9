import { describe, expect, it } from 'vitest';
import { abbaOrder, blockRatio, halfWidth, seeded } from './cost-statistics.ts';

describe('the order of blocks', () => {
  it('has every name once a round, and each second round backwards', () => {
    const order = abbaOrder(['a', 'b', 'c', 'd'], 5, seeded(1));
    expect(order).toHaveLength(5);
    for (const round of order) expect(round.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(order[1]).toEqual(order[0]!.toReversed());
    expect(order[3]).toEqual(order[2]!.toReversed());
  });

  it('is the same for a seed, and another for another', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(abbaOrder(names, 6, seeded(7))).toEqual(abbaOrder(names, 6, seeded(7)));
    expect(abbaOrder(names, 6, seeded(7))).not.toEqual(abbaOrder(names, 6, seeded(8)));
  });
});

describe('a ratio by block', () => {
  it('is exact, without uncertainty, where every block agrees', () => {
    const base = [1, 2, 3, 4];
    const { ratio, low, high } = blockRatio(base.map((b) => b * 1.25), base, seeded(1)); // biome-ignore format: one thought
    expect([ratio, low, high]).toEqual([1.25, 1.25, 1.25]);
  });

  it('has an interval that contains the truth in about 95 of 100 noisy comparisons', () => {
    const random = seeded(42);
    const noisy = (mean: number) => mean * (1 + 0.2 * (random() + random() + random() - 1.5));
    let inside = 0;
    for (let trial = 0; trial < 300; trial++) {
      const base = Array.from({ length: 30 }, () => noisy(10));
      const { low, high } = blockRatio(base.map(() => noisy(11)), base, random); // biome-ignore format: one thought
      if (low <= 1.1 && 1.1 <= high) inside++;
    }
    expect(inside / 300).toBeGreaterThan(0.88);
    expect(inside / 300).toBeLessThan(0.99);
  });

  it('refuses blocks without a partner', () => {
    expect(() => blockRatio([1], [1, 2], seeded(1))).toThrow('the same blocks');
  });

  it('knows what nothing against nothing can hide', () => {
    expect(halfWidth({ ratio: 1.01, low: 0.96, high: 1.03 })).toBeCloseTo(0.04);
    expect(halfWidth({ ratio: 1.05, low: 1.05, high: 1.05 })).toBeCloseTo(0.05);
  });
});
