/** What a comparison of two runs says: to the page, to `hopscope compare --json`, to pipelines. Durations in ns. */

/** What people vary, each with what follows from it in the provenance. */
export const AXES = ['nic', 'offloads', 'kernel', 'cpus', 'accelerator', 'service', 'host', 'load'] as const;
export type Axis = (typeof AXES)[number];

/** One fact of the provenance or of the load in which the runs differ. */
export interface Difference {
  axis: Axis;
  what: string;
  a: string;
  b: string;
}

/** How far b is from a at a quantile of a layer (or of `end to end`, `vnic both`). */
export interface Shift {
  layer: string;
  quantile: number;
  /** The quantile itself in both: a value that was measured. */
  a: number;
  b: number;
  /** By mid-distribution quantiles, so it need not be b - a to the last digit. */
  shift: number;
  /** Holds for this number alone. */
  low: number;
  high: number;
  /** Hold for all layers and quantiles of the comparison together. */
  bandLow: number;
  bandHigh: number;
  /** The smallest shift that a comparison like this one finds four times in five. */
  detectable: number;
}

/** What a layer has of the difference of the means. */
export interface Share {
  layer: string;
  /** Mean of b less mean of a, with its interval. */
  shift: number;
  low: number;
  high: number;
  /** Of the sum of all layers' shifts; null where that sum could as well be 0. */
  share: number | null;
}

export interface RunLine {
  id: string;
  /** How the sentence calls it: what was varied, or the run's own name. */
  name: string;
  run: string;
  requests: number;
}

export interface Comparison {
  a: RunLine;
  b: RunLine;
  /** What was varied: the one axis in which the runs differ; null where it is none or several. */
  axis: Axis | null;
  differences: Difference[];
  /** Why the runs cannot be compared; then there are no shifts and no shares. */
  refusals: string[];
  /** Worth knowing beside the numbers. */
  doubts: string[];
  seed: number;
  shifts: Shift[];
  shares: Share[];
  sentence: string;
}

/** The distributions of one layer in both runs. */
export interface LayerCurves {
  layer: string;
  /** Along CompareView.probabilities. */
  a: number[];
  b: number[];
}

export interface CompareView {
  comparison: Comparison;
  /** Rising, between 0 and 1; 0.05, 0.25, 0.5, 0.75 and 0.95 are among them. */
  probabilities: number[];
  curves: LayerCurves[];
}
