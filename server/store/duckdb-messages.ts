/** What the store and the thread with its database say to each other. */
import type { PathColumns } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import type { RunQuantiles, RunTimes } from './run-times.ts';
import type { PathQuery, StoredRun } from './store.ts';
import type { StoredRows } from './stored-rows.ts';

/** One commit: all of it or nothing. */
export interface Batch {
  rows: StoredRows;
  /** What the vm of a row is called, by index. */
  vmNames: readonly string[];
  /** These are in the table already and come again with `rows`, put right. */
  replaced: number[];
  /** Where the commit before this one failed nobody knows how far it came: rows from this number on go first. */
  redoFrom: number | null;
  runs: StoredRun[];
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
export type DiskQuery = Omit<PathQuery, 'vm'> & { vm?: string };

/** What can be asked, and what is answered. */
export interface Calls {
  write: { ask: Batch; answer: null };
  paths: { ask: DiskQuery; answer: FoundRows };
  path: { ask: { run: string; number: number }; answer: FoundRows };
  /** In the order of their numbers, from one on. */
  page: { ask: { run: string; from: number; limit: number }; answer: FoundRows };
  /** How many there are of a run. */
  count: { ask: string; answer: number };
  times: { ask: { run: string; names: readonly string[] }; answer: RunTimes };
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
export type Opening = { ok: true; next: number } | { ok: false; message: string };

export interface WorkerOptions {
  folder: string;
  version: string;
}
