/** What is kept of a stretch of time for longer than its requests: counts, and how long each layer took. */
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { CLASSES } from '../wire/record.ts';
import type { SampledCounts } from '../wire/series-views.ts';
import { BucketCounts } from './bucket-counts.ts';
import { countErrors, recordTimes, SERIES, sumOf, TCP_COUNTS } from './series-set.ts';

/** Seconds that one roll-up takes together; each divides the next one. */
export const ROLL_UP_STEPS = [1, 60, 300, 3600] as const;
export type RollUpStep = (typeof ROLL_UP_STEPS)[number];

/** Along what a roll-up counts, before its times. */
export const COUNTERS = [
  'exchanges',
  'errors',
  /** Of those that a budget chose from: how many, and why they are kept one by one. */
  'chosenFrom',
  'keptSlow',
  'keptErrors',
  'keptSample',
  ...CLASSES.map((name) => `class.${name}` as const),
  ...TCP_COUNTS,
] as const;
export type Counter = (typeof COUNTERS)[number];

const CLASS_COUNTERS = CLASSES.map((name) => COUNTERS.indexOf(`class.${name}`));
const TCP_AT = COUNTERS.indexOf(TCP_COUNTS[0]);
const EXCHANGES = COUNTERS.indexOf('exchanges');
const ERRORS = COUNTERS.indexOf('errors');

export class RollUp {
  /** Along COUNTERS. */
  readonly counters = new Float64Array(COUNTERS.length);
  /** Along SERIES of series-set.ts; made when something is measured. */
  readonly series: (BucketCounts | undefined)[] = new Array(SERIES.count).fill(undefined);
  #times = 1;

  /** Take in rows [from, to) of one class whose layers are derived; `times` -1 takes them away again. */
  add(columns: PathColumns, from: number, to: number, times: 1 | -1 = 1): void {
    this.#times = times;
    this.#count(EXCHANGES, times * (to - from));
    this.#count(CLASS_COUNTERS[columns.class[from]!]!, times * (to - from));
    this.#count(ERRORS, times * countErrors(columns, from, to));
    TCP_COUNTS.forEach((name, i) => {
      this.#count(TCP_AT + i, times * sumOf(columns[name], from, to));
    });
    recordTimes(columns, from, to, this);
  }

  recordMeasured(series: number, values: Float64Array, from: number, to: number, stride: number): void {
    this.of(series).recordMeasured(values, from, to, stride, this.#times);
  }

  /** Histogram of a series, to be changed. */
  of(series: number): BucketCounts {
    this.series[series] ??= new BucketCounts();
    return this.series[series];
  }

  count(name: Counter, by: number): void {
    this.#count(COUNTERS.indexOf(name), by);
  }

  #count(at: number, by: number): void {
    this.counters[at] = this.counters[at]! + by;
  }

  counted(name: Counter): number {
    return this.counters[COUNTERS.indexOf(name)]!;
  }

  /** Null where every exchange is kept one by one. */
  get sampled(): SampledCounts | null {
    const of = this.counted('chosenFrom');
    if (of === 0) return null;
    const [slow, errors, sample] = [this.counted('keptSlow'), this.counted('keptErrors'), this.counted('keptSample')];
    return { of, slow, errors, sample };
  }

  /** A quantile of each layer, along LAYER_IDS, ns; null where not measured. */
  layerQuantiles(q: number): (number | null)[] {
    return this.series.slice(0, LAYER_COUNT).map((counts) => counts?.quantile(q) ?? null);
  }

  /** Exact, along LAYER_IDS, ns; null where not measured. */
  get layerMeans(): (number | null)[] {
    return this.series.slice(0, LAYER_COUNT).map((counts) => counts?.mean ?? null);
  }

  /** Exchanges along CLASSES. */
  get classes(): number[] {
    return CLASS_COUNTERS.map((at) => this.counters[at]!);
  }

  merge(other: RollUp): void {
    other.counters.forEach((value, at) => {
      this.#count(at, value);
    });
    other.series.forEach((counts, at) => {
      if (counts !== undefined) this.of(at).merge(counts);
    });
  }

  /** Forget all, keep the room. */
  clear(): void {
    this.counters.fill(0);
    for (const counts of this.series) counts?.clear();
  }
}
