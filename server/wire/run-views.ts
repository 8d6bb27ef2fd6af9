/** What the API answers about runs that are kept, beside the views of each. */

/** The header that says how many runs there are on all pages together. */
export const RUNS_TOTAL = 'x-total-count';

/** Quantiles of every time of a run's requests: each a value that was measured, as sorting them all gives it. */
export interface QuantilesView {
  run: string;
  exact: true;
  /** Requests that are kept, which these quantiles are of. */
  requests: number;
  /** Of all classes, of which some may not be kept. */
  joined: number;
  /** As they were asked for. */
  quantiles: number[];
  times: {
    /** A layer, `vnic both` or `end to end`. */
    name: string;
    /** Requests in which it was measured. */
    count: number;
    /** ns, along `quantiles`; null where nothing was measured. */
    values: (number | null)[];
  }[];
}
