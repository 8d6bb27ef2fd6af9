import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { ExponentialHistogram as Histogram } from '../aggregate/histogram.ts';
import { inSeconds } from './seconds.ts';

export interface HistogramPoint {
  readonly attributes: Attributes;
  /** Of nanoseconds; one that is empty is left out. */
  readonly histogram: Histogram;
}
export interface NumberPoint {
  readonly attributes: Attributes;
  readonly value: number;
}

/** Metrics of one moment, in the SDK's form; one without points is left out. All sums are cumulative and only grow. */
export class MetricList {
  readonly metrics: MetricData[] = [];
  readonly #times: { startTime: HrTime; endTime: HrTime };
  readonly #common: Attributes;

  /** @param common attributes of every point that counts since `startTime`; a gauge shows the moment, whatever the run */
  constructor(times: { startTime: HrTime; endTime: HrTime }, common: Attributes) {
    this.#times = times;
    this.#common = common;
  }

  histogram(name: string, description: string, points: readonly HistogramPoint[]): void {
    const dataPoints: DataPoint<ExponentialHistogram>[] = points
      .filter(({ histogram }) => histogram.count > 0)
      .map(({ attributes, histogram }) => ({
        ...this.#times,
        attributes: { ...this.#common, ...attributes },
        value: inSeconds(histogram.toBuckets()),
      }));
    if (dataPoints.length === 0) return;
    const descriptor = { name, description, unit: 's', valueType: ValueType.DOUBLE };
    this.metrics.push({ ...CUMULATIVE, descriptor, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints });
  }

  sum(name: string, description: string, unit: string, points: readonly NumberPoint[]): void {
    if (points.length === 0) return;
    this.metrics.push({
      ...CUMULATIVE,
      descriptor: { name, description, unit, valueType: ValueType.INT },
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: points.map((p) => ({ ...this.#times, ...p, attributes: { ...this.#common, ...p.attributes } })),
    });
  }

  gauge(name: string, description: string, points: readonly NumberPoint[]): void {
    if (points.length === 0) return;
    this.metrics.push({
      ...CUMULATIVE,
      descriptor: { name, description, unit: '1', valueType: ValueType.DOUBLE },
      dataPointType: DataPointType.GAUGE,
      dataPoints: points.map((p) => ({ ...this.#times, ...p })),
    });
  }
}

const CUMULATIVE = { aggregationTemporality: AggregationTemporality.CUMULATIVE } as const;
