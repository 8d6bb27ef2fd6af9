/**
 * Where joined paths are kept. Rows come in as columns and go out as columns;
 * an implementation chooses how long it keeps what, and counts what it lets go.
 */
import type { SeriesPlan } from '../aggregate/series-plan.ts';
import type { PathColumns } from '../join/paths.ts';
import type { Coverage, SeriesPoint } from '../wire/series-views.ts';
import type { MinuteStore } from './minute-store.ts';
import type { PathFilter } from './path-filter.ts';
import type { Ordered } from './path-order.ts';
import type { RunQuantiles, RunTimes } from './run-times.ts';

export interface PathQuery extends Ordered, PathFilter {
  run: string;
  /** At least 1. */
  limit: number;
}

/** A stretch of a run as so many points at most. Times are wall seconds since the epoch, `to` is the first one after it. */
export interface SeriesQuery {
  run: string;
  fromS: number;
  toS: number;
  /** How long the run lasted: what was asked for beyond it, and beyond its paths, is left out. */
  lasted: { fromS: number; toS: number };
  points: number;
  /** No point takes fewer seconds together, but for the only one. */
  leastStepS?: number;
  /** Whether points have their histogram. */
  heatmap: boolean;
  /** Index into the server's VM table. */
  vm?: number;
}

/** Oldest first; points without an exchange are left out. */
export interface StoredSeries extends SeriesPlan {
  points: SeriesPoint[];
}

/** Copies, in the order asked for: row i has `ids[i]` and belongs to `runs[i]`. */
export interface StoredPaths {
  columns: PathColumns;
  ids: string[];
  runs: string[];
}

export interface StoreCounts {
  /** Paths appended so far, of all runs. */
  stored: number;
  /** Let go because newer ones came: retention, not loss of a measurement. */
  evicted: number;
  /** Deleted by age or size; in memory only roll-ups are, for newer ones. */
  pruned: Readonly<Record<'paths' | 'seconds' | 'minutes' | 'hours', number>>;
  /** In the roll-ups only: a budget had no room for them one by one. */
  unkept: number;
  /** Commits that failed; what they held is tried again. */
  failed: number;
  /** Paths that could not be committed until there was no room left for them: lost. */
  lost: number;
}

/** What is kept of a run beside its paths. */
export interface StoredRun {
  id: string;
  name: string;
  startedMs: number;
  /** Null while it lasts. */
  endedMs: number | null;
  /** As it was when it was saved; the store does not look into it. */
  summary: unknown;
}

export interface PathStore {
  /** Rows [from, to) belong to `run`; copied before the call returns. */
  append(run: string, columns: PathColumns, from: number, to: number): void;
  /**
   * Put right, where it is still kept, the path that was joined as number `ordinal` (`PathColumns.ordinal`, rising).
   * @param change is given each copy of its row
   * @returns false where it is not kept (any more)
   */
  amend(ordinal: number, change: (columns: PathColumns, row: number) => void): boolean;
  /**
   * Make what was appended and amended so far as safe as this store makes things.
   * @returns false where that was not possible now; it stays to be done
   */
  commit(): Promise<boolean>;
  /** Paths without an end-to-end time are neither among the slowest nor near to any. */
  paths(query: PathQuery): Promise<StoredPaths>;
  /** @returns one row, or null where no such path is kept (any more) */
  path(id: string): Promise<StoredPaths | null>;
  /** Every path of a run that is kept whole, oldest first, some thousands at once. */
  scan(run: string): AsyncIterable<StoredPaths>;
  /** Of the roll-ups, which are kept for longer than the paths: every path that was appended is in them. */
  series(query: SeriesQuery): Promise<StoredSeries>;
  /** Work that is not urgent, a little at a time: roll-ups are merged, what is too old goes. To be called now and then. */
  maintain(nowMs: number): Promise<void>;
  /** What of a run is not kept path by path any more. */
  coverage(run: string): Coverage;
  /** How many paths of a run are kept whole. @param within only those that began in it */
  count(run: string, within?: PathFilter['within']): Promise<number>;
  /** Of all requests of a run that are kept whole. @param names of TIME_NAMES @param within only of those that began in it */
  times(run: string, names: readonly string[], within?: PathFilter['within']): Promise<RunTimes>;
  /** Exact, of the same requests. @param quantiles each above 0 and up to 1 */
  quantiles(run: string, quantiles: readonly number[]): Promise<RunQuantiles>;
  /** Counts for objectives. */
  readonly minutes: MinuteStore;
  /** A run is not listed any more: what only memory keeps of it may go. */
  release(run: string): void;
  /** A run is deleted, its paths with it. */
  forget(run: string): Promise<void>;
  /**
   * Whether so much waits to be made safe that more had better wait elsewhere, or room for it may run out. Never while
   * commits fail: what is seen live goes on then, and agents keep what is not acknowledged.
   */
  readonly isBehind: boolean;
  readonly counts: StoreCounts;
  close(): Promise<void>;
}
