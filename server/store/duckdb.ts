/**
 * Paths in a DuckDB file, with the newest and slowest of this process in
 * memory in front of it. What is appended is in memory at once and in the file
 * with the next commit; where commits fail it waits in memory, and what has no
 * room there any more is lost and counted.
 */
import { type PathColumns, pathColumns } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import { copyRows } from '../join/rows.ts';
import type { Batch, FoundRows, FoundRuns, RunsQuery } from './duckdb-messages.ts';
import { DuckDbThread } from './duckdb-thread.ts';
import { type KeptRow, MemoryStore, type MemoryStoreOptions } from './memory.ts';
import { mergedPaths } from './merged-paths.ts';
import { quantilesOf, type RunQuantiles, type RunTimes, TIME_NAMES, timesOf } from './run-times.ts';
import type { PathQuery, PathStore, StoreCounts, StoredPaths, StoredRun } from './store.ts';
import { addRows, buffersOf, storedRows } from './stored-rows.ts';

/** Rows of one commit: the rest comes with the next ones. */
const BATCH_ROWS = 32_768;
const PAGE_ROWS = 4096;

/** The server's names of VMs: the file has names, columns have an index. */
export interface VmNames {
  readonly names: readonly string[];
  /** Index of a name, which may be new. */
  named(name: string): number;
}

export interface DuckDbStoreOptions extends Omit<MemoryStoreOptions, 'first'> {
  /** Folder of the database file, made where it is missing. */
  folder: string;
  /** Of this Hopscope. */
  version: string;
  /** Called when it is first needed. */
  vms: () => VmNames;
  /** A commit failed, or went well after some that failed (null). */
  onTrouble?: (message: string | null) => void;
}

/** A row that is in the file already and was put right since. */
interface Amended {
  run: string;
  columns: PathColumns;
}

export class DuckDbStore implements PathStore {
  readonly #thread: DuckDbThread;
  readonly #memory: MemoryStore;
  readonly #options: DuckDbStoreOptions;
  /** Where this process began. */
  readonly #first: number;
  /** Paths below this number are in the file, those below the other one are on their way. */
  #written: number;
  #sent: number;
  #amended = new Map<number, Amended>();
  #saved = new Map<string, StoredRun>();
  #flight: Promise<boolean> | null = null;
  #inDoubt = false;
  #failed = 0;
  #lost = 0;

  private constructor(options: DuckDbStoreOptions, thread: DuckDbThread, next: number) {
    this.#options = options;
    this.#thread = thread;
    this.#memory = new MemoryStore({ ...options, first: next });
    this.#first = next;
    this.#written = next;
    this.#sent = next;
  }

  /** @throws StoreError where the folder or its file cannot be used; the message says what to do */
  static async open(options: DuckDbStoreOptions): Promise<DuckDbStore> {
    const { folder, version } = options;
    const { thread, next } = await DuckDbThread.start({ folder, version });
    return new DuckDbStore(options, thread, next);
  }

  get counts(): StoreCounts {
    return { stored: this.#memory.next - this.#first, evicted: 0, failed: this.#failed, lost: this.#lost };
  }

  /** Keys of the newest stored paths, which agents may send again. */
  keys(limit: number): Promise<PathKeys> {
    return this.#thread.ask('keys', limit);
  }

  append(run: string, columns: PathColumns, from: number, to: number): void {
    this.#memory.append(run, columns, from, to);
    const { oldest } = this.#memory;
    if (oldest <= this.#sent) return;
    this.#lost += oldest - this.#sent;
    this.#sent = oldest;
  }

  amend(ordinal: number, change: (columns: PathColumns, row: number) => void): boolean {
    const kept = this.#memory.change(ordinal, change);
    if (kept !== null && kept.sequence < this.#sent) this.#noteAmended(kept);
    return kept !== null;
  }

  #noteAmended({ run, sequence, columns, row }: KeptRow): void {
    const copy = pathColumns(1);
    copyRows(columns, row, copy, 0, 1);
    this.#amended.set(sequence, { run, columns: copy });
  }

  /** Take note of a run with the next commit; what was noted of it before is replaced. */
  saveRun(run: StoredRun): void {
    this.#saved.set(run.id, run);
  }

  /** The newest runs that were saved; one that was not ended ends with its last path. */
  async runs(query: RunsQuery): Promise<FoundRuns> {
    await this.commit();
    return this.#thread.ask('runs', query);
  }

  async commit(): Promise<boolean> {
    while (this.#flight !== null) await this.#flight;
    this.#flight = this.#write().finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  /** All there is, a batch after the other. */
  async #write(): Promise<boolean> {
    const end = this.#memory.next;
    while (this.#written < end || this.#amended.size > 0 || this.#saved.size > 0) {
      if (!(await this.#writeBatch(end))) return false;
    }
    return true;
  }

  async #writeBatch(end: number): Promise<boolean> {
    const first = Math.max(this.#written, this.#memory.oldest);
    const next = Math.max(first, Math.min(end, first + BATCH_ROWS));
    const amended = this.#amended;
    const saved = this.#saved;
    const batch = this.#batch(first, next);
    this.#amended = new Map();
    this.#saved = new Map();
    this.#sent = next;
    try {
      await this.#thread.ask('write', batch, buffersOf(batch.rows));
    } catch (error) {
      // What came meanwhile is newer.
      this.#amended = new Map([...amended, ...this.#amended]);
      this.#saved = new Map([...saved, ...this.#saved]);
      this.#sent = Math.max(first, this.#memory.oldest);
      this.#lost += this.#sent - first;
      this.#written = this.#sent;
      this.#tell((error as Error).message);
      return false;
    }
    this.#written = next;
    this.#tell(null);
    return true;
  }

  #batch(first: number, next: number): Batch {
    const replaced = [...this.#amended].filter(([number]) => number < first);
    const rows = storedRows(next - first + replaced.length);
    this.#memory.copyNewest(first, next, rows);
    for (const [number, { run, columns }] of replaced) addRows(rows, run, number, columns, 0, 1);
    return {
      rows,
      vmNames: [...this.#options.vms().names],
      replaced: replaced.map(([number]) => number),
      redoFrom: this.#inDoubt ? first : null,
      runs: [...this.#saved.values()],
    };
  }

  #tell(trouble: string | null): void {
    if (trouble !== null) this.#failed++;
    if ((trouble !== null) !== this.#inDoubt) this.#options.onTrouble?.(trouble);
    this.#inDoubt = trouble !== null;
  }

  async paths(query: PathQuery): Promise<StoredPaths> {
    const here = await this.#memory.paths(query);
    if (this.#hasAll(query, here)) return here;
    const { vm, ...rest } = query;
    const name = vm === undefined ? {} : { vm: this.#options.vms().names[vm] ?? '' };
    const there = await this.#thread.ask('paths', { ...rest, ...name });
    return mergedPaths(query, here, this.#stored(query.run, there));
  }

  /** Whether the file can add nothing to what memory found. */
  #hasAll({ order, limit }: PathQuery, { columns }: StoredPaths): boolean {
    if (order === 'newest' && columns.count === limit) return true;
    // No run goes on from one process to the next: of one that has paths here, all were here.
    return columns.count > 0 && this.#memory.oldest === this.#first;
  }

  async path(id: string): Promise<StoredPaths | null> {
    const here = await this.#memory.path(id);
    const match = /^(.+)\.(\d{1,15})$/.exec(id);
    if (here !== null || match === null) return here;
    const [, run, digits] = match as unknown as [string, string, string];
    const found = await this.#thread.ask('path', { run, number: Number(digits) });
    return found.columns.count === 0 ? null : this.#stored(run, found);
  }

  /** What is in the file, and then what could not be written to it. */
  async *scan(run: string): AsyncGenerator<StoredPaths> {
    await this.commit();
    const end = this.#written;
    for (let from = 0; from < end; ) {
      const found = await this.#thread.ask('page', { run, from, limit: PAGE_ROWS });
      const { count } = found.columns;
      if (count > 0) yield this.#stored(run, found);
      if (count < PAGE_ROWS) break;
      from = (found.numbers[count - 1] as number) + 1;
    }
    yield* this.#memory.scan(run, end);
  }

  async count(run: string): Promise<number> {
    await this.commit();
    return (await this.#thread.ask('count', run)) + (await this.#memory.count(run, this.#written));
  }

  /** Row by row where some could not be written. */
  async times(run: string, names: readonly string[]): Promise<RunTimes> {
    return (await this.commit()) ? this.#thread.ask('times', { run, names }) : timesOf(this.scan(run), names);
  }

  async quantiles(run: string, quantiles: readonly number[]): Promise<RunQuantiles> {
    if (await this.commit()) return this.#thread.ask('quantiles', { run, quantiles });
    return quantilesOf(await this.times(run, TIME_NAMES), quantiles);
  }

  #stored(run: string, { columns, numbers, vmNames }: FoundRows): StoredPaths {
    const indices = vmNames.map((name) => this.#options.vms().named(name));
    for (let row = 0; row < columns.count; row++) columns.vm[row] = indices[columns.vm[row] as number] as number;
    return { columns, ids: Array.from(numbers, (number) => `${run}.${number}`), runs: Array.from(numbers, () => run) };
  }

  /** The file keeps it. */
  release(run: string): void {
    this.#memory.forgetSlowest(run);
  }

  async forget(run: string): Promise<void> {
    await this.commit();
    this.#memory.release(run);
    await this.#thread.ask('forget', run);
  }

  async close(): Promise<void> {
    await this.commit();
    await this.#thread.close();
    await this.#memory.close();
  }
}
