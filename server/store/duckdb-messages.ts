/** What the store and the thread with its database say to each other. */
import type { PathColumns } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import type { Indicator } from '../slo/indicator.ts';
import type { MinuteCounts } from '../slo/minute-counts.ts';
import type { SampledCounts } from '../wire/series-views.ts';
import type { PathFilter } from './path-filter.ts';
import type { Prepared } from './prepared-quantiles.ts';
import type { RunQuantiles, RunTimes } from './run-times.ts';
import type { PathQuery, SeriesQuery, StoredRun, StoredSeries } from './store.ts';
import type { StoredRows } from './stored-rows.ts';

/** One commit: all of it or nothing. */
export interface Batch {
  /** Stays the same until it is known to be in the file. */
  id: number;
  /** Number of the path after its newest one. */
  next: number;
  rows: StoredRows;
  /** The rows of `replaced` as they were. */
  before: StoredRows;
  /** What the vm of a row is called, by index. */
  vmNames: readonly string[];
  /** These are in the table already and come again with `rows`, put right. */
  replaced: number[];
  /** Where a commit failed nobody knows how far it came: rows from this number on, and what has this id, go first. */
  redoFrom: number | null;
  runs: StoredRun[];
  /** Counted elsewhere. */
  minutes: MinuteCounts[];
  /** Runs that count for no objective. */
  leftOut: ReadonlySet<string>;
}

/** What is in the file then. */
export interface Written {
  sampled: Sampled[];
  /** What was added to minutes. */
  minutes: MinuteCounts[];
}

/** Where it was not ended: with its last path. */
export type EndedRun = StoredRun & { endedMs: number };

export interface RunsQuery {
  limit: number;
  /** Ids of runs that are known elsewhere. */
  except: readonly string[];
  /** Only runs that began before this one. */
  before?: { startedMs: number; id: string };
  /** Only runs of this name, and before them the one of this id. */
  name?: string;
}

export interface FoundRuns {
  /** Newest first. */
  runs: EndedRun[];
  /** Of all there are, whatever `limit` and `before` are. */
  total: number;
}

/** `vm` by name here. */
export type DiskQuery = Omit<PathQuery, keyof PathFilter> & PathFilter<string>;
export type DiskSeriesQuery = Omit<SeriesQuery, 'vm'> & { vm?: string };

/** Rows of a run that were deleted; until when they were, ms. */
export interface Pruned {
  run: string;
  what: 'paths' | 'seconds' | 'minutes';
  count: number;
  untilMs: number;
}

/** How many of a run a budget chose from, and why which were kept; a run may come several times. */
export interface Sampled extends SampledCounts {
  run: string;
}

export interface PruneAsk {
  nowMs: number;
  /** Number of the first path that is not in the file yet. */
  next: number;
  /** Ages, from when it was stored. */
  keepMs: Readonly<Record<Pruned['what'], number>>;
  /** Rows below these numbers go whatever their age. */
  below: Partial<Record<Pruned['what'], number>>;
}

export interface PruneAnswer {
  pruned: Pruned[];
  /** Whether there may be more to delete. */
  more: boolean;
}

/** What can be asked, and what is answered. */
export interface Calls {
  write: { ask: Batch; answer: Written };
  /** From the next commit on, every request of it. */
  countBy: { ask: readonly Indicator[]; answer: null };
  minuteSeries: { ask: null; answer: string[] };
  minutes: { ask: string; answer: MinuteCounts[] };
  paths: { ask: DiskQuery; answer: FoundRows };
  path: { ask: { run: string; number: number }; answer: FoundRows };
  /** In the order of their numbers, from one on. */
  page: { ask: { run: string; from: number; limit: number }; answer: FoundRows };
  series: { ask: DiskSeriesQuery; answer: StoredSeries };
  /** Merge some parts into their roll-ups: whether there are more. */
  rollUp: { ask: null; answer: boolean };
  /** Make some roll-ups of five minutes that an older file has not: whether there may be more. */
  makeMissing: { ask: null; answer: boolean };
  /** List the slowest of a part of the paths below this number: whether there are more. */
  listPart: { ask: number; answer: boolean };
  /** A run that is over and has no quantiles prepared; null where all have. */
  nextToPrepare: { ask: null; answer: string | null };
  /** Find them: null where they need not be kept. */
  prepare: { ask: string; answer: Prepared | null };
  /** Keep them, unless the run has changed since. */
  keepPrepared: { ask: Prepared; answer: null };
  prune: { ask: PruneAsk; answer: PruneAnswer };
  /** Which rows are too much for a file of so many bytes. */
  tooMuch: { ask: number; answer: PruneAsk['below'] };
  /** Delete what no path refers to any more: it reads the references of all paths. */
  sweep: { ask: null; answer: null };
  /** Have freed blocks counted as free. */
  checkpoint: { ask: null; answer: null };
  pruned: { ask: null; answer: Pruned[] };
  sampled: { ask: null; answer: Sampled[] };
  /** How many there are of a run. */
  count: { ask: { run: string; within: PathFilter['within'] }; answer: number };
  times: { ask: { run: string; names: readonly string[]; within: PathFilter['within'] }; answer: RunTimes };
  quantiles: { ask: { run: string; quantiles: readonly number[] }; answer: RunQuantiles };
  forget: { ask: string; answer: null };
  /** The newest, oldest of them first. */
  keys: { ask: number; answer: PathKeys };
  runs: { ask: RunsQuery; answer: FoundRuns };
  close: { ask: null; answer: null };
}
export type CallName = keyof Calls;

export interface FoundRows {
  columns: PathColumns;
  numbers: Float64Array;
  /** What `columns.vm` is an index into. */
  vmNames: string[];
}

export type Question = { [K in CallName]: { id: number; call: K; ask: Calls[K]['ask'] } }[CallName];

export type Answer =
  | { id: number; ok: true; answer: Calls[CallName]['answer'] }
  | { id: number; ok: false; message: string };

/** The thread's first word: the store is open, its paths numbered up to `next`; or why not. */
/** `logged`: bytes of commits that a killed process left beside the file, read again by each start until a checkpoint. */
export type Opening = { ok: true; next: number; logged: number } | { ok: false; message: string };

export interface WorkerOptions {
  folder: string;
  version: string;
  /** Exchanges kept one by one, a second and run; null keeps all. */
  rawPerSecond: number | null;
}
