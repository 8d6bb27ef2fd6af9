import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExponentialHistogram } from '../../../server/aggregate/histogram.ts';
import { inSeconds, secondsShift } from '../../../server/export/seconds.ts';

describe('secondsShift', () => {
  it('is the nearest whole number of buckets to a factor of a billion, at every scale of OTLP', () => {
    for (let scale = -10; scale <= 20; scale++) {
      const factor = 2 ** (secondsShift(scale) / 2 ** scale) * 1e9;
      const bucket = 2 ** (1 / 2 ** scale);
      expect(Math.abs(Math.log(factor))).toBeLessThanOrEqual(Math.log(bucket) / 2 + 1e-12);
    }
  });

  it('reads 0.08 % low at the scale in use, as the comment says', () => {
    const factor = 2 ** (secondsShift(7) / 128) * 1e9;
    expect(factor - 1).toBeCloseTo(-0.00075, 5);
  });
});

describe('inSeconds', () => {
  it('keeps every count and bounds each position to one bucket', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60_000_000_000 }), { minLength: 1 }), (values) => {
        const own = new ExponentialHistogram();
        for (const ns of values) own.record(ns);
        const { positive, count, sum, scale } = inSeconds(own.toBuckets());
        const bucket = 2 ** (1 / 2 ** scale);
        const lowest = 2 ** ((positive.offset + 0.5) / 2 ** scale);
        expect(count).toBe(values.length);
        expect(positive.bucketCounts.reduce((a, b) => a + b, 0)).toBe(values.length);
        expect(sum).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 1e9, 6);
        expect(Math.abs(Math.log(lowest / (Math.min(...values) / 1e9)))).toBeLessThan(Math.log(bucket));
      }),
    );
  });
});
