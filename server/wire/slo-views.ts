/** What the API says of objectives. Times are ms since the epoch. */

export type BudgetMethod = 'Occurrences' | 'Timeslices' | 'RatioTimeslices';

/** Integers of every request that was joined, before any sampling. */
export interface SloCounts {
  total: number;
  good: number;
  bad: number;
  /** Meant, but its time was not measured: neither good nor bad. */
  unmeasured: number;
  /** Left out on purpose. */
  longPolls: number;
  healthChecks: number;
  multiplexed: number;
}

export interface SloStretch {
  fromMs: number;
  toMs: number;
}

export interface SloCoverage {
  minutes: number;
  /** Of them: agents were there, or requests came. */
  measured: number;
  /** The others, oldest first; the last of them only where there are many. */
  notMeasured: SloStretch[];
}

export interface SloBurn {
  minutes: number;
  /** Null where there was nothing. */
  burn: number | null;
  total: number;
  bad: number;
}

export interface SloAlert {
  rule: string;
  severity: string;
  state: 'inactive' | 'pending' | 'firing';
  sinceMs: number | null;
  /** Minutes are missing that it would need to resolve. */
  held: boolean;
  factor: number;
  long: SloBurn;
  short: SloBurn | null;
}

export interface SloExclusion {
  what: 'maintenance' | 'long polls' | 'health checks' | 'multiplexed';
  /** Paths, or why and when. */
  which: string;
  requests: number;
}

export interface SloResult {
  objective: string;
  slo: string;
  service: string;
  /** In words: what is promised. */
  promise: string;
  method: BudgetMethod;
  target: number;
  window: SloStretch & { length: string; isRolling: boolean };
  state: 'kept' | 'missed' | 'no data';
  counts: SloCounts;
  /** What the budget is counted in: requests, slices, or billionths of slices. */
  units: { total: number; bad: number; of: 'requests' | 'slices' | 'billionths of slices' };
  /** Share that was good; null without data. */
  achieved: number | null;
  /** Share of the budget that is left: negative where more is gone than there was; null without data. */
  budgetLeft: number | null;
  coverage: SloCoverage;
  excluded: SloExclusion[];
  alerts: SloAlert[];
}

/** An objective of the file that Hopscope cannot judge, and why. */
export interface SloUnjudged {
  slo: string;
  why: string;
}

export interface SloView {
  atMs: number;
  /** What the objectives were read from; null where none was given. */
  file: string | null;
  /** Why the file as it is now is not in force, line by line; empty where it is. */
  faults: string[];
  results: SloResult[];
  unjudged: SloUnjudged[];
}

/** How it goes with telling one receiver of alerts. */
export interface NotifyView {
  kind: 'webhook' | 'alertmanager';
  /** Scheme, host and port. */
  to: string;
  /** Attempts: taken, to be made again, and refused for good. */
  delivered: number;
  failed: number;
  refused: number;
  /** Notices that are not told yet, and those for which there was no room. */
  waiting: number;
  dropped: number;
  lastDeliveredMs: number | null;
  /** Why the last attempt came to nothing, and since when they do; null where it did not. */
  fault: string | null;
  failingSinceMs: number | null;
}
