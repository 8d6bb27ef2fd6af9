/**
 * Paths in memory: a ring of the newest of all runs, and apart from it the
 * slowest of each run and class, which a ring alone would forget under load.
 */
import { type PathColumns, pathColumns } from '../join/paths.ts';
import { copyRows } from '../join/rows.ts';
import { quantilesOf, type RunQuantiles, type RunTimes, TIME_NAMES, timesOf } from './run-times.ts';
import { Slowest } from './slowest.ts';
import type { PathQuery, PathStore, StoreCounts, StoredPaths } from './store.ts';
import { addRows, type StoredRows } from './stored-rows.ts';

export interface MemoryStoreOptions {
  /** Newest paths kept, all runs together: about 0.5 KB each. */
  newest?: number;
  /** Slowest paths kept per run and class: a stream is slower than any request. */
  slowest?: number;
  /** Number of the first path; default 0. */
  first?: number;
}

const SCAN_ROWS = 4096;

/** A row of some columns, by the number it got when it was appended. */
interface Place {
  columns: PathColumns;
  row: number;
  sequence: number;
}

export interface KeptRow extends Readonly<Place> {
  readonly run: string;
}

interface SlowPlaces {
  /** Rows of `columns` that hold the slowest of one run and class. */
  slowest: Slowest<Place>;
  columns: PathColumns;
  used: number;
}

export class MemoryStore implements PathStore {
  readonly #newest: number;
  readonly #slowestLimit: number;
  readonly #ring: PathColumns;
  /** Run of each ring row. */
  readonly #runOf: (string | undefined)[];
  /** By run, then by class. */
  readonly #runs = new Map<string, Map<number, SlowPlaces>>();
  readonly #first: number;
  /** Number of the next path; ids are `<run>.<number>`. */
  #next: number;

  constructor({ newest = 100_000, slowest = 200, first = 0 }: MemoryStoreOptions = {}) {
    this.#first = first;
    this.#next = first;
    this.#newest = newest;
    this.#slowestLimit = slowest;
    this.#ring = pathColumns(newest);
    this.#runOf = new Array(newest).fill(undefined);
  }

  get counts(): StoreCounts {
    return { stored: this.#next - this.#first, evicted: this.oldest - this.#first, failed: 0, lost: 0 };
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
    for (let row = from; row < to; ) {
      const slot = this.#next % this.#newest;
      const rows = Math.min(to - row, this.#newest - slot);
      copyRows(columns, row, this.#ring, slot, rows);
      this.#runOf.fill(run, slot, slot + rows);
      for (const end = row + rows; row < end; row++) this.#keepIfSlow(run, columns, row, this.#next++);
    }
  }

  amend(ordinal: number, change: (columns: PathColumns, row: number) => void): boolean {
    return this.change(ordinal, change) !== null;
  }

  /** Like `amend`. @returns where the path is kept now, or null */
  change(ordinal: number, change: (columns: PathColumns, row: number) => void): KeptRow | null {
    const kept = this.#kept(ordinal);
    for (const { columns, row } of kept) change(columns, row);
    return kept[0] ?? null;
  }

  /** Every place of a path, by its ordinal. */
  #kept(ordinal: number): KeptRow[] {
    const kept = [...this.#runs.keys()].flatMap((run) =>
      this.#slowPlaces(run).map((place): KeptRow => ({ ...place, run })),
    );
    const slow = kept.filter(({ columns, row }) => columns.ordinal[row] === ordinal);
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
    const places = query.order === 'newest' ? this.#newestOf(query) : this.#slowestOf(query);
    return this.#copy(query.run, places);
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
  async count(run: string, first = 0): Promise<number> {
    let count = 0;
    for (let sequence = Math.max(first, this.oldest); sequence < this.#next; sequence++) {
      if (this.#runOf[sequence % this.#newest] === run) count++;
    }
    return count;
  }

  times(run: string, names: readonly string[]): Promise<RunTimes> {
    return timesOf(this.scan(run), names);
  }

  async quantiles(run: string, quantiles: readonly number[]): Promise<RunQuantiles> {
    return quantilesOf(await this.times(run, TIME_NAMES), quantiles);
  }

  release(run: string): void {
    this.forgetSlowest(run);
    for (let slot = 0; slot < this.#newest; slot++) if (this.#runOf[slot] === run) this.#runOf[slot] = undefined;
  }

  async forget(run: string): Promise<void> {
    this.release(run);
  }

  /** Of the run; the newest stay. */
  forgetSlowest(run: string): void {
    this.#runs.delete(run);
  }

  async close(): Promise<void> {
    this.#runs.clear();
  }

  #find(run: string, sequence: number): Place | undefined {
    const slot = sequence % this.#newest;
    const inRing = sequence < this.#next && sequence >= this.oldest && this.#runOf[slot] === run;
    if (inRing) return { columns: this.#ring, row: slot, sequence };
    return this.#slowPlaces(run).find((p) => p.sequence === sequence);
  }

  /** Kept slowest of a run, of all classes. */
  #slowPlaces(run: string): Place[] {
    return [...(this.#runs.get(run)?.values() ?? [])].flatMap(({ slowest }) => slowest.items());
  }

  #placesOf(run: string, exchangeClass: number): SlowPlaces {
    const byClass = this.#runs.get(run) ?? new Map<number, SlowPlaces>();
    this.#runs.set(run, byClass);
    const known = byClass.get(exchangeClass);
    if (known !== undefined) return known;
    const fresh = {
      slowest: new Slowest<Place>(this.#slowestLimit),
      columns: pathColumns(this.#slowestLimit),
      used: 0,
    };
    byClass.set(exchangeClass, fresh);
    return fresh;
  }

  #keepIfSlow(run: string, columns: PathColumns, row: number, sequence: number): void {
    const places = this.#placesOf(run, columns.class[row] as number);
    const value = columns.endToEnd[row] as number;
    if (!places.slowest.admits(value)) return;
    const place: Place = { columns: places.columns, row: places.used, sequence };
    const gone = places.slowest.add(value, place);
    // The one that went leaves its row to the one that came.
    if (gone === null) places.used++;
    else place.row = gone.row;
    copyRows(columns, row, places.columns, place.row, 1);
  }

  /** Ring rows that the query asks for, newest first. */
  *#ringRows(query: PathQuery): Generator<Place> {
    const { oldest } = this;
    for (let sequence = this.#next - 1; sequence >= oldest; sequence--) {
      const row = sequence % this.#newest;
      const place = { columns: this.#ring, row, sequence };
      if (this.#runOf[row] === query.run && fits(place, query)) yield place;
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

  #slowestOf(query: PathQuery): Place[] {
    const best = new Slowest<Place>(query.limit);
    const offer = (place: Place): void => {
      const value = place.columns.endToEnd[place.row] as number;
      if (best.admits(value)) best.add(value, place);
    };
    const { oldest } = this;
    for (const place of this.#ringRows(query)) offer(place);
    for (const place of this.#slowPlaces(query.run)) {
      if (place.sequence < oldest && fits(place, query)) offer(place);
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

function fits({ columns, row }: Place, query: PathQuery): boolean {
  if (query.vm !== undefined && columns.vm[row] !== query.vm) return false;
  return query.class === undefined || columns.class[row] === query.class;
}
