/** The slowest paths of each run and class: a ring of the newest alone would forget them under load. */
import { type PathColumns, pathColumns } from '../join/paths.ts';
import { copyRows } from '../join/rows.ts';
import type { KeptRow, Place } from './memory-rows.ts';
import { Slowest } from './slowest.ts';

interface SlowPlaces {
  /** Rows of `columns` that hold the slowest of one run and class. */
  slowest: Slowest<Place>;
  columns: PathColumns;
  used: number;
}

export class SlowPaths {
  readonly #limit: number;
  /** By run, then by class. */
  readonly #runs = new Map<string, Map<number, SlowPlaces>>();

  /** @param limit paths of each run and class */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Copy a row if it is among the slowest. */
  offer(run: string, columns: PathColumns, row: number, sequence: number): void {
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

  /** Of a run, of all classes. */
  of(run: string): Place[] {
    return [...(this.#runs.get(run)?.values() ?? [])].flatMap(({ slowest }) => slowest.items());
  }

  all(): KeptRow[] {
    return [...this.#runs.keys()].flatMap((run) => this.of(run).map((place): KeptRow => ({ ...place, run })));
  }

  forget(run: string): void {
    this.#runs.delete(run);
  }

  clear(): void {
    this.#runs.clear();
  }

  #placesOf(run: string, exchangeClass: number): SlowPlaces {
    const byClass = this.#runs.get(run) ?? new Map<number, SlowPlaces>();
    this.#runs.set(run, byClass);
    const known = byClass.get(exchangeClass);
    if (known !== undefined) return known;
    const fresh = { slowest: new Slowest<Place>(this.#limit), columns: pathColumns(this.#limit), used: 0 };
    byClass.set(exchangeClass, fresh);
    return fresh;
  }
}
