/**
 * Paths in memory: a ring of the newest of all runs, and apart from it the
 * slowest of each run and class, which a ring alone would forget under load.
 */
import { type PathColumns, pathColumns } from '../join/paths.ts';
import { copyRows, rowOf } from '../join/rows.ts';
import type { Coverage } from '../wire/series-views.ts';
import { MemoryMinutes } from './memory-minutes.ts';
import { MemoryRollUps, NOTHING_PRUNED } from './memory-roll-ups.ts';
import type { ChangedRow, KeptRow, Place } from './memory-rows.ts';
import { type PathFilter, rowFilter } from './path-filter.ts';
import { rowRank } from './path-order.ts';
import { quantilesOf, type RunQuantiles, type RunTimes, TIME_NAMES, timesOf } from './run-times.ts';
import { SlowPaths } from './slow-paths.ts';
import { Slowest } from './slowest.ts';
import type { PathQuery, PathStore, SeriesQuery, StoreCounts, StoredPaths, StoredSeries } from './store.ts';
import { addRows, type StoredRows } from './stored-rows.ts';

export interface MemoryStoreOptions {
  /** Newest paths kept, all runs together: about 0.5 KB each. */
  newest?: number;
  /** Slowest paths kept per run and class: a stream is slower than any request. */
  slowest?: number;
  /** Number of the first path; default 0. */
  first?: number;
  /** Whether roll-ups are kept here too; default true. */
  rollUps?: boolean;
  /** What the vm of a row is called, by index; only objectives ask. */
  vmNames?: () => readonly string[];
}

const SCAN_ROWS = 4096;

export class MemoryStore implements PathStore {
  /** Memory is as safe as it gets here. */
  readonly isBehind = false;
  readonly minutes: MemoryMinutes;
  readonly #newest: number;
  readonly #ring: PathColumns;
  /** Run of each ring row. */
  readonly #runOf: (string | undefined)[];
  readonly #slow: SlowPaths;
  readonly #rollUps: MemoryRollUps | null;
  readonly #first: number;
  /** Number of the next path; ids are `<run>.<number>`. */
  #next: number;

  constructor(options: MemoryStoreOptions = {}) {
    const { newest = 100_000, slowest = 200, first = 0, rollUps = true, vmNames = () => [] } = options;
    this.minutes = new MemoryMinutes(vmNames);
    this.#rollUps = rollUps ? new MemoryRollUps() : null;
    this.#first = first;
    this.#next = first;
    this.#newest = newest;
    this.#slow = new SlowPaths(slowest);
    this.#ring = pathColumns(newest);
    this.#runOf = new Array(newest).fill(undefined);
  }

  /** How many of the newest are kept. */
  get capacity(): number {
    return this.#newest;
  }

  get counts(): StoreCounts {
    const pruned = this.#rollUps?.pruned ?? NOTHING_PRUNED;
    const evicted = this.oldest - this.#first;
    return { stored: this.#next - this.#first, evicted, pruned, unkept: 0, failed: 0, lost: 0 };
  }

  /** Number of the next path. */
  get next(): number {
    return this.#next;
  }

  /** Number of the oldest path that is kept for being new. */
  get oldest(): number {
    return Math.max(this.#first, this.#next - this.#newest);
  }

  append(run: string, columns: PathColumns, from: number, to: number): void {
    this.#rollUps?.append(run, columns, from, to);
    this.minutes.append(run, columns, from, to, 1);
    for (let row = from; row < to; ) {
      const slot = this.#next % this.#newest;
      const rows = Math.min(to - row, this.#newest - slot);
      copyRows(columns, row, this.#ring, slot, rows);
      this.#runOf.fill(run, slot, slot + rows);
      for (const end = row + rows; row < end; row++) this.#slow.offer(run, columns, row, this.#next++);
    }
  }

  amend(ordinal: number, change: (columns: PathColumns, row: number) => void): boolean {
    const changed = this.change(ordinal, change);
    if (changed === null) return false;
    const { run, before, columns, row } = changed;
    this.#rollUps?.amend(run, before, rowOf(columns, row));
    this.minutes.append(run, before, 0, 1, -1);
    this.minutes.append(run, columns, row, row + 1, 1);
    return true;
  }

  /** Like `amend`. @returns where the path is kept now, or null */
  change(ordinal: number, change: (columns: PathColumns, row: number) => void): ChangedRow | null {
    const kept = this.#kept(ordinal);
    const [one] = kept;
    if (one === undefined) return null;
    const before = rowOf(one.columns, one.row);
    for (const { columns, row } of kept) change(columns, row);
    return { ...one, before };
  }

  /** Every place of a path, by its ordinal. */
  #kept(ordinal: number): KeptRow[] {
    const slow = this.#slow.all().filter(({ columns, row }) => columns.ordinal[row] === ordinal);
    const sequence = this.#sequenceOf(ordinal);
    const run = sequence === null ? undefined : this.#runOf[sequence % this.#newest];
    if (sequence === null || run === undefined) return slow;
    return [...slow, { columns: this.#ring, row: sequence % this.#newest, sequence, run }];
  }

  /** Copy the rows with numbers [from, to) that are kept for being new to the end of a batch. */
  copyNewest(from: number, to: number, batch: StoredRows): void {
    for (let number = Math.max(from, this.oldest); number < to; ) {
      const slot = number % this.#newest;
      const run = this.#runOf[slot];
      let rows = 1;
      while (number + rows < to && slot + rows < this.#newest && this.#runOf[slot + rows] === run) rows++;
      if (run !== undefined) addRows(batch, run, number, this.#ring, slot, rows);
      number += rows;
    }
  }

  /** Ordinals rise along the ring, modulo 2^32: halve what is left. */
  #sequenceOf(ordinal: number): number | null {
    const ordinalAt = (sequence: number) => this.#ring.ordinal[sequence % this.#newest] as number;
    let low = this.oldest;
    let high = this.#next - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (((ordinalAt(middle) - ordinal) | 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low === high && ordinalAt(low) === ordinal ? low : null;
  }

  /** Memory is as safe as it gets at once. */
  async commit(): Promise<boolean> {
    return true;
  }

  async paths(query: PathQuery): Promise<StoredPaths> {
    const places = query.order === 'newest' ? this.#newestOf(query) : this.#bestOf(query);
    return this.#copy(query.run, places);
  }

  async series(query: SeriesQuery): Promise<StoredSeries> {
    if (this.#rollUps === null) throw new Error('roll-ups are kept elsewhere');
    return this.#rollUps.series(query);
  }

  async maintain(): Promise<void> {}

  coverage(): Coverage {
    return {};
  }

  async path(id: string): Promise<StoredPaths | null> {
    const match = /^(.+)\.(\d{1,15})$/.exec(id);
    if (match === null) return null;
    const [, run, digits] = match as unknown as [string, string, string];
    const place = this.#find(run, Number(digits));
    return place === undefined ? null : this.#copy(run, [place]);
  }

  /** Of the ring only: the slowest beyond it would make a run look slow. */
  async *scan(run: string, first = 0): AsyncGenerator<StoredPaths> {
    const end = this.#next;
    for (let from = Math.max(first, this.oldest); from < end; from += SCAN_ROWS) {
      // What came meanwhile may have taken the place of what was there.
      const oldest = Math.max(from, this.oldest);
      const places: Place[] = [];
      for (let sequence = oldest; sequence < Math.min(end, from + SCAN_ROWS); sequence++) {
        const row = sequence % this.#newest;
        if (this.#runOf[row] === run) places.push({ columns: this.#ring, row, sequence });
      }
      if (places.length > 0) yield this.#copy(run, places);
    }
  }

  /** From a number on. */
  async count(run: string, within?: PathFilter['within'], first = 0): Promise<number> {
    const isMeant = rowFilter({ ...(within && { within }) });
    let count = 0;
    for (let sequence = Math.max(first, this.oldest); sequence < this.#next; sequence++) {
      const slot = sequence % this.#newest;
      if (this.#runOf[slot] === run && isMeant(this.#ring, slot)) count++;
    }
    return count;
  }

  times(run: string, names: readonly string[], within?: PathFilter['within']): Promise<RunTimes> {
    return timesOf(this.scan(run), names, within);
  }

  async quantiles(run: string, quantiles: readonly number[]): Promise<RunQuantiles> {
    return quantilesOf(await this.times(run, TIME_NAMES), quantiles);
  }

  release(run: string): void {
    this.forgetSlowest(run);
    this.#rollUps?.forget(run);
    for (let slot = 0; slot < this.#newest; slot++) if (this.#runOf[slot] === run) this.#runOf[slot] = undefined;
  }

  async forget(run: string): Promise<void> {
    this.release(run);
  }

  /** Of the run; the newest stay. */
  forgetSlowest(run: string): void {
    this.#slow.forget(run);
  }

  async close(): Promise<void> {
    this.#slow.clear();
  }

  #find(run: string, sequence: number): Place | undefined {
    const slot = sequence % this.#newest;
    const inRing = sequence < this.#next && sequence >= this.oldest && this.#runOf[slot] === run;
    if (inRing) return { columns: this.#ring, row: slot, sequence };
    return this.#slow.of(run).find((p) => p.sequence === sequence);
  }

  /** Ring rows that the query asks for, newest first. */
  *#ringRows(query: PathQuery): Generator<Place> {
    const { oldest } = this;
    const fits = rowFilter(query);
    for (let sequence = this.#next - 1; sequence >= oldest; sequence--) {
      const row = sequence % this.#newest;
      if (this.#runOf[row] === query.run && fits(this.#ring, row)) yield { columns: this.#ring, row, sequence };
    }
  }

  #newestOf(query: PathQuery): Place[] {
    const places: Place[] = [];
    for (const place of this.#ringRows(query)) {
      places.push(place);
      if (places.length === query.limit) break;
    }
    return places;
  }

  #bestOf(query: PathQuery): Place[] {
    const best = new Slowest<Place>(query.limit);
    const rank = rowRank(query);
    const offer = (place: Place): void => {
      const value = rank(place.columns, place.row, place.sequence);
      if (best.admits(value)) best.add(value, place);
    };
    const { oldest } = this;
    for (const place of this.#ringRows(query)) offer(place);
    // A random choice that knew the slowest beyond the ring would make a run look slow.
    if (query.order === 'random') return best.items();
    const fits = rowFilter(query);
    for (const place of this.#slow.of(query.run)) {
      if (place.sequence < oldest && fits(place.columns, place.row)) offer(place);
    }
    return best.items();
  }

  #copy(run: string, places: Place[]): StoredPaths {
    const columns = pathColumns(places.length);
    places.forEach((place, row) => {
      copyRows(place.columns, place.row, columns, row, 1);
    });
    columns.count = places.length;
    return { columns, ids: places.map((p) => `${run}.${p.sequence}`), runs: places.map(() => run) };
  }
}
