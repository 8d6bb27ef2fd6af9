import { ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Buckets } from '../aggregate/histogram.ts';
import type { VmTotals } from '../aggregate/run-aggregate.ts';
import { LAYER_IDS } from '../wire/stations.ts';
import { hrTime, wallNs } from './path-times.ts';

/** The run that is being measured, with its whole-run histograms. */
export interface RunTotals {
  readonly run: string;
  readonly startedMs: number;
  readonly vms: readonly VmTotals[];
}

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

const POSITIONS = 'Buckets are moved from nanoseconds by a whole number: positions are exact to half a bucket.';

function metric(name: string, description: string, dataPoints: DataPoint<ExponentialHistogram>[]): MetricData {
  return {
    descriptor: { name, description: `${description} ${POSITIONS}`, unit: 's', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
    dataPoints,
  };
}

/**
 * The run's own histograms, handed on as they are: the SDK records nothing a
 * second time. Cumulative since the run's start; a new run is a new series.
 * @param nowMs wall clock, ms
 */
export function layerMetricProducer(version: string, totals: () => RunTotals, nowMs: () => number): MetricProducer {
  return {
    collect: async () => {
      const metrics = runMetrics(totals(), nowMs());
      const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: 'hopscope', version }, metrics }];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

function runMetrics(totals: RunTotals, nowMs: number): MetricData[] {
  const times = { startTime: hrTime(wallNs(totals.startedMs)), endTime: hrTime(wallNs(nowMs)) };
  const layers: DataPoint<ExponentialHistogram>[] = [];
  const whole: DataPoint<ExponentialHistogram>[] = [];
  for (const vm of totals.vms) {
    const attributes = { 'hopscope.run': totals.run, 'hopscope.vm': vm.vm };
    vm.layers.forEach((histogram, i) => {
      if (histogram.count === 0) return;
      const layer = { ...attributes, 'hopscope.layer': LAYER_IDS[i] as string };
      layers.push({ ...times, attributes: layer, value: inSeconds(histogram.toBuckets()) });
    });
    if (vm.endToEnd.count > 0) whole.push({ ...times, attributes, value: inSeconds(vm.endToEnd.toBuckets()) });
  }
  return [
    ...(layers.length > 0 ? [metric('hopscope.layer.duration', 'Time of an exchange in one layer.', layers)] : []),
    ...(whole.length > 0
      ? [metric('hopscope.exchange.duration', 'First request byte to last response byte at the host NIC.', whole)]
      : []),
  ];
}
