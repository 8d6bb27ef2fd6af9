import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketCounts, KEPT_ERROR } from '../../../server/aggregate/bucket-counts.ts';

const durations = fc.array(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 2 ** 40 })), {
  minLength: 1,
});

function counted(values: readonly number[]): BucketCounts {
  const counts = new BucketCounts();
  for (const ns of values) counts.record(ns);
  return counts;
}

function told(counts: BucketCounts) {
  const { offset, counts: used } = counts.used();
  return { offset, used: [...used], zero: counts.zero, sum: counts.sum, count: counts.count };
}

describe('BucketCounts', () => {
  it('gives quantiles that are as near to those of sorted durations as it says', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = values.toSorted((a, b) => a - b);
        const real = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
        const error = Math.abs(counted(values).quantile(q)! - real);
        expect(error).toBeLessThanOrEqual(real * KEPT_ERROR * (1 + 1e-9));
      }),
    );
  });

  it('has the same counts whatever the order and grouping of what it counted', () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const merged = counted(some);
        merged.merge(counted(others));
        expect(told(merged)).toEqual(told(counted([...others, ...some])));
      }),
    );
  });

  it('takes away what it counted, and nothing is left of it', () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const counts = counted([...some, ...others]);
        for (const ns of others) counts.record(ns, -1);
        expect(told(counts)).toEqual(told(counted(some)));
      }),
    );
  });

  it('has no quantile and no mean of nothing', () => {
    const counts = new BucketCounts();
    expect([counts.quantile(0.5), counts.mean]).toEqual([null, null]);
    counts.record(7);
    counts.clear();
    expect([counts.quantile(0.5), counts.mean]).toEqual([null, null]);
  });
});
