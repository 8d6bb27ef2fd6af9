/**
 * Paths in a DuckDB file, with the newest and slowest of this process in
 * memory in front of it. What is appended is in memory at once and in the file
 * with the next commit; where commits fail it waits in memory, and what has no
 * room there any more is lost and counted.
 */
import type { PathColumns } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import type { Coverage } from '../wire/series-views.ts';
import { type Amended, noteAmended, stillAmended } from './amended-rows.ts';
import { batchOf, type Doubt } from './duckdb-batch.ts';
import type { Batch, FoundRuns, RunsQuery, Written } from './duckdb-messages.ts';
import { DuckDbMinutes } from './duckdb-minutes.ts';
import type { DuckDbStoreOptions } from './duckdb-options.ts';
import { DuckDbThread } from './duckdb-thread.ts';
import { MemoryStore } from './memory.ts';
import { foundPaths, mergedPaths } from './merged-paths.ts';
import type { PathFilter } from './path-filter.ts';
import { quantilesOf, type RunQuantiles, type RunTimes, TIME_NAMES, timesOf } from './run-times.ts';
import type { PathQuery, PathStore, SeriesQuery, StoreCounts, StoredPaths, StoredRun, StoredSeries } from './store.ts';
import { type StoredRows, sharedRows } from './stored-rows.ts';
import { type Commits, KEEP_ALL, Upkeep } from './upkeep.ts';

/** Rows of one commit: the rest comes with the next ones. */
const BATCH_ROWS = 32_768;
const PAGE_ROWS = 4096;

export class DuckDbStore implements PathStore, Commits {
  readonly minutes: DuckDbMinutes;
  readonly #thread: DuckDbThread;
  readonly #memory: MemoryStore;
  readonly #upkeep: Upkeep;
  readonly #options: DuckDbStoreOptions;
  /** Where this process began. */
  readonly #first: number;
  /** Paths below this number are in the file, those below the other one are on their way. */
  #written: number;
  #sent: number;
  #amended = new Map<number, Amended>();
  #saved = new Map<string, StoredRun>();
  /** Of the batch that is on its way. */
  #rows = sharedRows(BATCH_ROWS);
  #flight: Promise<boolean> | null = null;
  #doubt: Doubt | null = null;
  #isClosing = false;
  #failed = 0;
  #lost = 0;
  #unkept = 0;

  private constructor(options: DuckDbStoreOptions, thread: DuckDbThread, next: number, upkeep: Upkeep) {
    this.#options = options;
    this.#thread = thread;
    this.minutes = new DuckDbMinutes(thread);
    this.#upkeep = upkeep;
    this.#memory = new MemoryStore({ ...options, first: next, rollUps: false });
    this.#first = next;
    this.#written = next;
    this.#sent = next;
  }

  /** @throws StoreError where the folder or its file cannot be used; the message says what to do */
  static async open(options: DuckDbStoreOptions): Promise<DuckDbStore> {
    const { folder, version, rawPerSecond = null } = options;
    const { thread, next, logged } = await DuckDbThread.start({ folder, version, rawPerSecond });
    return new DuckDbStore(options, thread, next, await Upkeep.of(thread, logged, options.retention ?? KEEP_ALL));
  }

  get counts(): StoreCounts {
    const pruned = { ...this.#upkeep.pruned, hours: 0 };
    return {
      stored: this.#memory.next - this.#first,
      evicted: 0,
      pruned,
      unkept: this.#unkept,
      failed: this.#failed,
      lost: this.#lost,
    };
  }

  get isBehind(): boolean {
    return this.#doubt === null && this.#memory.next - this.#written > this.#memory.capacity / 2;
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
    const changed = this.#memory.change(ordinal, change);
    if (changed !== null && changed.sequence < this.#sent) noteAmended(this.#amended, changed);
    return changed !== null;
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
    while (this.#written < end || this.#amended.size > 0 || this.#saved.size > 0 || !this.minutes.isEmpty) {
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
      this.#took(await this.#thread.ask('write', batch));
    } catch (error) {
      // What came meanwhile is newer.
      this.#amended = stillAmended(amended, this.#amended);
      this.#saved = new Map([...saved, ...this.#saved]);
      this.minutes.add(batch.minutes);
      this.#sent = Math.max(first, this.#memory.oldest);
      this.#lost += this.#sent - first;
      this.#written = this.#sent;
      this.#tell((error as Error).message);
      this.#doubt ??= { from: first, id: batch.id };
      return false;
    }
    this.#written = next;
    this.#tell(null);
    this.#doubt = null;
    return true;
  }

  #took({ sampled, minutes }: Written): void {
    this.#upkeep.sampled(sampled);
    this.minutes.wrote(minutes);
    for (const { of, slow, errors, sample } of sampled) this.#unkept += of - slow - errors - sample;
  }

  #batch(first: number, next: number): Batch {
    const { names } = this.#options.vms();
    const changes = { amended: this.#amended, saved: this.#saved, minutes: this.minutes };
    const emptyRows = (atLeast: number) => this.#emptyRows(atLeast);
    return batchOf(this.#memory, changes, { first, next, doubt: this.#doubt, vmNames: [...names], emptyRows });
  }

  /** The same ones again: the batch before was answered. */
  #emptyRows(atLeast: number): StoredRows {
    if (this.#rows.columns.capacity < atLeast) this.#rows = sharedRows(atLeast);
    this.#rows.columns.count = 0;
    return { ...this.#rows, runs: [] };
  }

  #tell(trouble: string | null): void {
    if (trouble !== null) this.#failed++;
    if ((trouble !== null) !== (this.#doubt !== null)) this.#options.onTrouble?.(trouble);
  }

  async paths(query: PathQuery): Promise<StoredPaths> {
    const here = await this.#memory.paths(query);
    if (this.#hasAll(query, here)) return here;
    const { vm, ...rest } = query;
    const name = vm === undefined ? {} : { vm: this.#options.vms().names[vm] ?? '' };
    const there = await this.#thread.ask('paths', { ...rest, ...name });
    return mergedPaths(query, here, foundPaths(query.run, there, this.#options.vms()));
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
    return found.columns.count === 0 ? null : foundPaths(run, found, this.#options.vms());
  }

  /** What is in the file, and then what could not be written to it. */
  async *scan(run: string): AsyncGenerator<StoredPaths> {
    await this.commit();
    const end = this.#written;
    for (let from = 0; from < end; ) {
      const found = await this.#thread.ask('page', { run, from, limit: PAGE_ROWS });
      const { count } = found.columns;
      if (count > 0) yield foundPaths(run, found, this.#options.vms());
      if (count < PAGE_ROWS) break;
      from = (found.numbers[count - 1] as number) + 1;
    }
    yield* this.#memory.scan(run, end);
  }

  async count(run: string, within?: PathFilter['within']): Promise<number> {
    await this.commit();
    return (await this.#thread.ask('count', { run, within })) + (await this.#memory.count(run, within, this.#written));
  }

  /** Row by row where some could not be written. */
  async times(run: string, names: readonly string[], within?: PathFilter['within']): Promise<RunTimes> {
    if (await this.commit()) return this.#thread.ask('times', { run, names, within });
    return timesOf(this.scan(run), names, within);
  }

  async quantiles(run: string, quantiles: readonly number[]): Promise<RunQuantiles> {
    if (await this.commit()) return this.#thread.ask('quantiles', { run, quantiles });
    return quantilesOf(await this.times(run, TIME_NAMES), quantiles);
  }

  async series({ vm, ...query }: SeriesQuery): Promise<StoredSeries> {
    await this.commit();
    const name = vm === undefined ? {} : { vm: this.#options.vms().names[vm] ?? '' };
    return this.#thread.ask('series', { ...query, ...name });
  }

  maintain(nowMs: number): Promise<void> {
    return this.#upkeep.run(nowMs, this);
  }

  get written(): number {
    return this.#written;
  }

  /** Not while a commit is in doubt: what it brought may have to be taken back. */
  async quiet(): Promise<boolean> {
    while (this.#flight !== null) await this.#flight;
    return this.#doubt === null && !this.#isClosing;
  }

  coverage(run: string): Coverage {
    return this.#upkeep.coverage(run);
  }

  /** The file keeps it. */
  release(run: string): void {
    this.#memory.forgetSlowest(run);
  }

  async forget(run: string): Promise<void> {
    await this.commit();
    this.#memory.release(run);
    this.#upkeep.forget(run);
    await this.#thread.ask('forget', run);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.commit();
    await this.#thread.close();
    await this.#memory.close();
  }
}
