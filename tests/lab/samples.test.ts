import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Samples } from '../../lab/samples.ts';

describe('Samples', () => {
  it('gives the quantiles that counting gives', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.double({ min: 0.001, max: 1, noNaN: true }), (values, q) => {
        const samples = new Samples(1000);
        for (const value of values) samples.add(value);
        const [quantile] = samples.quantiles([q]) as [number];
        const notAbove = values.filter((value) => value <= quantile).length;
        const below = values.filter((value) => value < quantile).length;
        expect(values).toContain(quantile);
        expect(notAbove).toBeGreaterThanOrEqual(q * values.length);
        expect(below).toBeLessThan(q * values.length);
      }),
    );
  });

  it('keeps count and maximum exact when it keeps a sample only', () => {
    const samples = new Samples(100);
    for (let value = 1; value <= 10_000; value++) samples.add(value);
    expect(samples.count).toBe(10_000);
    expect(samples.max).toBe(10_000);
    // 100 uniform draws: a median outside 2,000..8,000 has a chance below 1e-9.
    const [median] = samples.quantiles([0.5]) as [number];
    expect(median).toBeGreaterThan(2000);
    expect(median).toBeLessThan(8000);
  });

  it('has no quantiles without samples', () => {
    expect(new Samples(10).quantiles([0.5, 0.99])).toEqual([null, null]);
  });
});
