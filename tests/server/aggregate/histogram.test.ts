import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { ExponentialHistogram } from '../../../server/aggregate/histogram.ts';

const duration = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 10_000_000_000 }),
  fc.integer({ min: 0, max: 50 }).map((e) => 2 ** e),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);
const durations = fc.array(duration, { minLength: 1, maxLength: 400 });
const QUANTILES = [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1];
const ERROR = 0.0028;

function histogramOf(values: Iterable<number>): ExponentialHistogram {
  const histogram = new ExponentialHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('ExponentialHistogram', () => {
  it('gives every quantile of a sorted array within 0.28 %', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values);
        const sorted = Float64Array.from(values).sort();
        for (const q of QUANTILES) {
          const truth = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
          const got = histogram.quantile(q)!;
          expect(Math.abs(got - truth)).toBeLessThanOrEqual(truth * ERROR);
        }
      }),
    );
  });

  it('counts, sums, and keeps the extremes exactly', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values);
        const sum = values.reduce((a, b) => a + BigInt(b), 0n);
        expect(histogram.count).toBe(values.length);
        expect(histogram.sum).toBe(Number(sum));
        expect(histogram.min).toBe(Math.min(...values));
        expect(histogram.max).toBe(Math.max(...values));
        expect(histogram.zeroCount).toBe(values.filter((v) => v === 0).length);
        const { counts } = histogram.toBuckets();
        expect(counts.reduce((a, b) => a + b, histogram.zeroCount)).toBe(values.length);
      }),
    );
  });

  it('merges to the same bits in any order and grouping', () => {
    fc.assert(
      fc.property(durations, durations, durations, (a, b, c) => {
        const whole = histogramOf([...a, ...b, ...c]);
        const [x, y, z] = [histogramOf(c), histogramOf(b), histogramOf(a)];
        y.merge(z);
        x.merge(y);
        expect(x.toBuckets()).toEqual(whole.toBuckets());
        const other = histogramOf(b);
        other.merge(histogramOf(c));
        other.merge(histogramOf(a));
        expect(other.toBuckets()).toEqual(whole.toBuckets());
      }),
    );
  });

  it('comes back from its buckets as it was, also as JSON', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const buckets = histogramOf(values).toBuckets();
        const back = ExponentialHistogram.fromBuckets(JSON.parse(JSON.stringify(buckets)));
        expect(back.toBuckets()).toEqual(buckets);
        for (const q of QUANTILES) expect(back.quantile(q)).toBe(histogramOf(values).quantile(q));
      }),
    );
  });

  it('agrees with hdr-histogram-js on a long-tailed load', () => {
    const oracle = build({ lowestDiscernibleValue: 1, highestTrackableValue: 1e11, numberOfSignificantValueDigits: 5 });
    const histogram = new ExponentialHistogram();
    let state = 12345;
    for (let i = 0; i < 200_000; i++) {
      state = (state * 48271) % 2147483647;
      const ns = Math.round(40_000 * (1 - Math.log(state / 2147483647)) ** 3);
      oracle.recordValue(ns);
      histogram.record(ns);
    }
    for (const q of [0.5, 0.9, 0.99, 0.999]) {
      const truth = oracle.getValueAtPercentile(q * 100);
      expect(Math.abs(histogram.quantile(q)! - truth) / truth).toBeLessThanOrEqual(ERROR + 1e-5);
    }
    expect(histogram.mean! / oracle.mean).toBeCloseTo(1, 4);
  });

  it('says that it is empty instead of giving a number', () => {
    const empty = new ExponentialHistogram();
    expect([empty.quantile(0.5), empty.mean, empty.min, empty.max]).toEqual([null, null, null, null]);
    expect(ExponentialHistogram.fromBuckets(empty.toBuckets()).toBuckets()).toEqual(empty.toBuckets());
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('refuses %d, which is no duration, and counts nothing', (ns) => {
    const histogram = new ExponentialHistogram();
    expect(() => histogram.record(ns)).toThrow(/duration/);
    expect(histogram.count).toBe(0);
  });

  it('refuses to merge another scale and to answer a quantile beyond 1', () => {
    expect(() => new ExponentialHistogram(7).merge(new ExponentialHistogram(6))).toThrow(/scale 6 into 7/);
    expect(() => new ExponentialHistogram().quantile(1.01)).toThrow(/quantile 1.01/);
  });
});
