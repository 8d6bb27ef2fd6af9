import { vnicRoundTrip } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { CLASSES } from '../wire/record.ts';
import type { ClassSummary, LayerRow, Quantiles, TcpTotals } from '../wire/views.ts';
import { ExponentialHistogram } from './histogram.ts';

/** Histograms of one stretch: of requests all layers along LAYER_IDS and the round trip, then the whole time of each class. */
const ROUND_TRIP = LAYER_COUNT;
const END_TO_END = LAYER_COUNT + 1;
const SERIES_COUNT = END_TO_END + CLASSES.length;
const REQUEST = CLASSES.indexOf('request');
const FIRST_SERVER_ERROR = 500;
export const TCP_COUNTS = ['retransmitsIn', 'retransmitsOut', 'zeroWindows', 'synRetries'] as const;

/** Where each time of an exchange is counted: layers along LAYER_IDS first, the whole time of each class along CLASSES last. */
export const SERIES = { roundTrip: ROUND_TRIP, endToEnd: END_TO_END + REQUEST, count: SERIES_COUNT } as const;

/** Takes times of exchanges, ns: values[from], values[from + stride], … before `to`; what is not 0 or more was not measured, or is a fault that deriveLayers has counted. */
export interface TimesSink {
  recordMeasured(series: number, values: Float64Array, from: number, to: number, stride: number): void;
}

/**
 * All times of rows [from, to) of one class whose layers are derived: of what is no request only the whole. One series
 * after the other, of as many rows as stay in the CPU's cache meanwhile: that takes a fraction of the time that row by
 * row takes.
 */
export function recordTimes(columns: PathColumns, from: number, to: number, sink: TimesSink): void {
  const exchangeClass = columns.class[from]!;
  sink.recordMeasured(END_TO_END + exchangeClass, columns.endToEnd, from, to, 1);
  if (exchangeClass !== REQUEST) return;
  for (let at = from; at < to; at += SOME_ROWS) recordLayers(columns, at, Math.min(at + SOME_ROWS, to), sink);
}

const SOME_ROWS = 128;
const roundTrips = new Float64Array(SOME_ROWS);

function recordLayers(columns: PathColumns, from: number, to: number, sink: TimesSink): void {
  const [first, end] = [from * LAYER_COUNT, to * LAYER_COUNT];
  for (let i = 0; i < LAYER_COUNT; i++) sink.recordMeasured(i, columns.layers, first + i, end, LAYER_COUNT);
  for (let row = from; row < to; row++) roundTrips[row - from] = vnicRoundTrip(columns, row);
  sink.recordMeasured(ROUND_TRIP, roundTrips, 0, to - from, 1);
}

/** How many of rows [from, to) are errors. */
export function countErrors(columns: PathColumns, from: number, to: number): number {
  let errors = 0;
  for (let row = from; row < to; row++) if (isError(columns, row)) errors++;
  return errors;
}

export function sumOf(counts: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let row = from; row < to; row++) sum += counts[row]!;
  return sum;
}

/** Answered, but with a fault of the server's. */
export function isError({ status }: PathColumns, row: number): boolean {
  return status[row]! >= FIRST_SERVER_ERROR;
}

/** All that is measured of some exchanges of one VM: a second of it, a run of it. */
export class SeriesSet {
  exchanges = 0;
  errors = 0;
  /** Exchanges along CLASSES. */
  readonly classes: number[] = CLASSES.map(() => 0);
  /** What TCP did under all of them. */
  readonly tcp: TcpTotals = { retransmitsIn: 0, retransmitsOut: 0, zeroWindows: 0, synRetries: 0 };
  readonly #series: ExponentialHistogram[] = Array.from({ length: SERIES_COUNT }, () => new ExponentialHistogram());

  /** Take in rows [from, to) of one class, their layers derived; what was not measured stays out, and so do layers of no request. */
  add(columns: PathColumns, from: number, to: number): void {
    const exchangeClass = columns.class[from]!;
    this.exchanges += to - from;
    this.classes[exchangeClass] = this.classes[exchangeClass]! + to - from;
    this.errors += countErrors(columns, from, to);
    for (const name of TCP_COUNTS) this.tcp[name] += sumOf(columns[name], from, to);
    recordTimes(columns, from, to, this);
  }

  recordMeasured(series: number, values: Float64Array, from: number, to: number, stride: number): void {
    this.#series[series]!.recordMeasured(values, from, to, stride);
  }

  /** Forget all, keep the room. */
  clear(): void {
    this.exchanges = 0;
    this.errors = 0;
    this.classes.fill(0);
    for (const name of TCP_COUNTS) this.tcp[name] = 0;
    for (const series of this.#series) series.clear();
  }

  merge(other: SeriesSet): void {
    this.exchanges += other.exchanges;
    this.errors += other.errors;
    for (const name of TCP_COUNTS) this.tcp[name] += other.tcp[name];
    for (let i = 0; i < CLASSES.length; i++) this.classes[i] = this.classes[i]! + other.classes[i]!;
    for (let i = 0; i < SERIES_COUNT; i++) this.#series[i]!.merge(other.#series[i]!);
  }

  /** Along LAYER_IDS. */
  get layers(): readonly ExponentialHistogram[] {
    return this.#series.slice(0, LAYER_COUNT);
  }

  /** Of requests. */
  get endToEnd(): ExponentialHistogram {
    return this.#series[END_TO_END + REQUEST]!;
  }

  /** The whole time of each class, along CLASSES. */
  get endToEndOf(): readonly ExponentialHistogram[] {
    return this.#series.slice(END_TO_END);
  }

  classSummaries(): ClassSummary[] {
    return CLASSES.map((name, i) => ({
      class: name,
      count: this.classes[i]!,
      endToEnd: quantilesOf(this.endToEndOf[i]!),
    }));
  }

  get vnicRoundTrip(): ExponentialHistogram {
    return this.#series[ROUND_TRIP]!;
  }

  toRow(vm: string): LayerRow {
    const along = (q: number) => this.layers.map((h) => h.quantile(q));
    return {
      vm,
      count: this.exchanges,
      classes: [...this.classes],
      errors: this.errors,
      endToEnd: quantilesOf(this.endToEnd),
      p50: along(0.5),
      p90: along(0.9),
      p99: along(0.99),
      mean: this.layers.map((h) => h.mean),
    };
  }
}

/** The quantiles that people are shown, in ns; null where nothing was measured. */
export function quantilesOf(histogram: ExponentialHistogram): Quantiles {
  return {
    count: histogram.count,
    p50: histogram.quantile(0.5),
    p90: histogram.quantile(0.9),
    p99: histogram.quantile(0.99),
    p999: histogram.quantile(0.999),
    mean: histogram.mean,
  };
}
