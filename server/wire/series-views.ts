/** A run over time, as so many points at most. Durations are nanoseconds; `null` is "not measured". */
import type { LayerId } from './stations.ts';

/** `GET /api/runs/:id/series?points=`. */
export interface SeriesPoints {
  run: string;
  layers: LayerId[];
  /** Wall seconds since the epoch, [fromS, toS): as asked for, as far as the run lasted. */
  fromS: number;
  toS: number;
  /** Seconds that a point takes together; with `points=1` all of them. */
  stepS: number;
  /** Seconds of the roll-ups that the points were made of: 1, 60, 300 or 3600; the finest of them with `points=1`. */
  rollUpS: number;
  /** Largest relative error of a quantile. */
  relativeError: number;
  /** Of `heat`: bucket i holds (2^(i/2^scale), 2^((i+1)/2^scale)] ns. */
  heatScale: number;
  /** One after the other without a hole. */
  points: SeriesPoint[];
}

export interface SeriesPoint {
  /** First wall second. */
  t: number;
  /** Exchanges of all classes; null where nobody measured, 0 where nothing came. */
  count: number | null;
  /** The same along CLASSES. */
  classes: number[] | null;
  errors: number | null;
  /** Of requests. */
  endToEnd: SeriesTimes;
  vnicRoundTrip: SeriesTimes;
  /** Of requests, along LAYER_IDS. */
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
  mean: (number | null)[];
  /** How many of `count` are kept one by one, and why; null where all were. */
  sampled: SampledCounts | null;
  /** End to end of requests; only where it was asked for. */
  heat?: HeatColumn;
}

export interface SeriesTimes {
  count: number;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  mean: number | null;
}

/** `sample` is a uniform share of those that are neither slow nor errors. */
export interface SampledCounts {
  /** Of so many exchanges. */
  of: number;
  slow: number;
  errors: number;
  sample: number;
}

/** Which requests of a run are not kept one by one, and why; what is absent is not so. Its numbers are of all of them. */
export interface Coverage {
  /** Deleted by age or size: so many, the newest of which began then. */
  pruned?: { paths: number; untilMs: number };
  /** A budget chose which to keep. */
  sampled?: SampledCounts;
}

export interface HeatColumn {
  /** Index of the first bucket. */
  offset: number;
  counts: number[];
}
