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

/** Takes one time of an exchange, ns; NaN was not measured, and a negative one is a fault that deriveLayers has counted. */
export interface TimesSink {
  record(series: number, ns: number): void;
}

/** All times of an exchange whose layers are derived: of what is no request only the whole. */
export function recordTimes(columns: PathColumns, row: number, sink: TimesSink): void {
  const exchangeClass = columns.class[row]!;
  sink.record(END_TO_END + exchangeClass, columns.endToEnd[row]!);
  if (exchangeClass !== REQUEST) return;
  const at = row * LAYER_COUNT;
  for (let i = 0; i < LAYER_COUNT; i++) sink.record(i, columns.layers[at + i]!);
  sink.record(ROUND_TRIP, vnicRoundTrip(columns, row));
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

  /**
   * Take in rows [from, to) of one class, their layers derived; what was not measured stays out, and so do layers of
   * no request. Many rows at once, one series after the other: that takes two thirds of the time that row by row takes.
   */
  add(columns: PathColumns, from: number, to: number): void {
    const exchangeClass = columns.class[from]!;
    this.exchanges += to - from;
    this.classes[exchangeClass] = this.classes[exchangeClass]! + to - from;
    for (let row = from; row < to; row++) if (isError(columns, row)) this.errors++;
    for (const name of TCP_COUNTS) {
      const counts = columns[name];
      for (let row = from; row < to; row++) this.tcp[name] += counts[row]!;
    }
    this.#series[END_TO_END + exchangeClass]!.recordMeasured(columns.endToEnd, from, to, 1);
    if (exchangeClass !== REQUEST) return;
    const [first, end] = [from * LAYER_COUNT, to * LAYER_COUNT];
    for (let i = 0; i < LAYER_COUNT; i++) {
      this.#series[i]!.recordMeasured(columns.layers, first + i, end, LAYER_COUNT);
    }
    for (let row = from; row < to; row++) {
      const ns = vnicRoundTrip(columns, row);
      // A negative one is a fault that deriveLayers has counted.
      if (ns >= 0) this.#series[ROUND_TRIP]!.record(ns);
    }
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
