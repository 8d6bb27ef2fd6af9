import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import type { Buckets } from '../aggregate/histogram.ts';

/**
 * By how many buckets nanoseconds move when they become seconds: 10⁻⁹ is
 * log2(10⁹) × 2^scale buckets down, which is no whole number, so no exact
 * conversion exists between the two units' buckets. Conventions want seconds.
 * Moving each bucket's midpoint moves all of them by the same, rounded, count:
 * no two merge, every count stays, and all positions carry one constant factor
 * of less than half a bucket: 0.08 % low at scale 7, where a bucket is 0.54 %
 * wide. Count, sum, smallest and largest are exact, and the metric's
 * description says the rest.
 */
export function secondsShift(scale: number): number {
  return -Math.round(Math.log2(1e9) * 2 ** scale);
}

/** Nanosecond buckets as an OTLP exponential histogram in seconds. */
export function inSeconds(buckets: Buckets): ExponentialHistogram {
  const count = buckets.counts.reduce((sum, n) => sum + n, buckets.zeroCount);
  return {
    count,
    sum: buckets.sum / 1e9,
    scale: buckets.scale,
    zeroCount: buckets.zeroCount,
    positive: { offset: buckets.offset + secondsShift(buckets.scale), bucketCounts: buckets.counts },
    negative: { offset: 0, bucketCounts: [] },
    ...(buckets.min === null ? {} : { min: buckets.min / 1e9 }),
    ...(buckets.max === null ? {} : { max: buckets.max / 1e9 }),
  };
}
