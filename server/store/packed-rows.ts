/**
 * The measurements of paths as numbers that are small: each station counts
 * from the one before it, over the guest's clock offset into the guest and out
 * of it again; the last one from the first. `stored-view.ts` says the same in SQL, the other way round.
 */
import { type PathColumns, STATION_COUNT } from '../join/paths.ts';
import { GUEST_STATIONS, STATIONS, type Station, stationIndex } from '../wire/stations.ts';
import { columnName } from './path-fields.ts';
import { markOthers, SHAPE } from './row-shapes.ts';

const GUEST_IN = stationIndex(GUEST_STATIONS[0]);
const HOST_AGAIN = stationIndex(GUEST_STATIONS.at(-1)!) + 1;
const HOST_SLOTS = STATIONS.map((_, slot) => slot).filter((slot) => slot < GUEST_IN || slot >= HOST_AGAIN);
const GUEST_SLOTS = GUEST_STATIONS.map(stationIndex);
/** Largest number of a PACKED column, which is one more than it stands for. */
const MOST = 0x7fffffff;
/** Wall-clock times are doubles of ms, and since 1985 whole numbers of these. */
export const TICKS_PER_MS = 4096;

export const CROSSING_NAME = 'guest_offset_ns';
export const firstName = (station: Station): string => `${columnName(station)}_ns`;
export const lastName = (station: Station): string => `${columnName(station)}_last_ns`;

/** What is kept of every path. */
export const USUAL_NAMES: readonly string[] = [
  ...[CROSSING_NAME, ...STATIONS.map(firstName)],
  ...['bound_ns', 'acked_ns', 'run_delay_ns'],
];
/** Where messages took one segment each, without a handshake or an upstream: 0, or nothing. */
export const OTHER_NAMES: readonly string[] = [...STATIONS.map(lastName), 'connect_ns', 'upstream_ns'];

const NAMES = [...USUAL_NAMES, ...OTHER_NAMES];
/** Where in a row's values what is measured begins that has no station: `bound_ns`, and `connect_ns`. */
const FIRSTS = USUAL_NAMES.indexOf(firstName(STATIONS[0]));
const FACTS = FIRSTS + STATION_COUNT;
const LASTS = USUAL_NAMES.length;
const SELDOM = LASTS + STATION_COUNT;

/** Room for the rows of one batch after the other. */
export class RowPacker {
  /** Of the wall clock. */
  ticks = new Float64Array(0);
  /** SHAPE of each row. */
  shapes = new Uint8Array(0);
  /** Along NAMES, as PACKED has them; of a long row nothing that counts. */
  #packed: Int32Array[] = [];
  readonly #row = new Float64Array(NAMES.length);

  pack(paths: PathColumns): void {
    const { count } = paths;
    if (this.ticks.length < count) this.#grow(count);
    for (let row = 0; row < count; row++) {
      const ticks = paths.atMs[row]! * TICKS_PER_MS;
      this.ticks[row] = ticks;
      valuesOf(paths, row, this.#row);
      const isPacked = this.#packRow(row) && Number.isSafeInteger(ticks);
      this.shapes[row] = isPacked ? SHAPE.usual : SHAPE.long;
    }
    const [usual, lasts] = [this.#packed.slice(0, LASTS), this.#packed.slice(LASTS, SELDOM)];
    const firsts = usual.slice(FIRSTS, FACTS);
    markOthers(this.shapes, count, { usual, firsts, lasts, seldom: this.#packed.slice(SELDOM) });
  }

  #grow(count: number): void {
    this.ticks = new Float64Array(count);
    this.shapes = new Uint8Array(count);
    this.#packed = NAMES.map(() => new Int32Array(count));
  }

  /** @returns whether PACKED can hold all of it */
  #packRow(row: number): boolean {
    let isPackable = true;
    for (let i = 0; i < NAMES.length; i++) {
      const value = this.#row[i]!;
      const whole = value | 0;
      const packed = whole >= 0 ? whole + 1 : whole;
      const isWhole = whole === value && packed <= MOST;
      this.#packed[i]![row] = isWhole ? packed : 0;
      isPackable &&= isWhole || Number.isNaN(value);
    }
    return isPackable;
  }

  /** By their names, for PACKED. */
  get packed(): Record<string, Int32Array> {
    return Object.fromEntries(NAMES.map((name, i) => [name, this.#packed[i]!]));
  }
}

/** The measurements of some rows by their names; NaN: not measured. */
export function measurementsOf(paths: PathColumns, rows: Uint32Array): Record<string, Float64Array> {
  const columns = NAMES.map(() => new Float64Array(rows.length));
  const values = new Float64Array(NAMES.length);
  rows.forEach((row, at) => {
    valuesOf(paths, row, values);
    for (let i = 0; i < NAMES.length; i++) columns[i]![at] = values[i]!;
  });
  return Object.fromEntries(NAMES.map((name, i) => [name, columns[i]!]));
}

/** The values of a row, along NAMES. */
function valuesOf(paths: PathColumns, row: number, to: Float64Array): void {
  stampsOf(paths, row, to);
  to[FACTS] = paths.bound[row]!;
  to[FACTS + 1] = paths.acked[row]!;
  to[FACTS + 2] = paths.runDelay[row]!;
  to[SELDOM] = paths.connect[row]!;
  to[SELDOM + 1] = paths.upstream[row]!;
}

function stampsOf({ first, last, guestOffset }: PathColumns, row: number, to: Float64Array): void {
  const at = row * STATION_COUNT;
  const hostZero = zero(first, at, HOST_SLOTS);
  const guestZero = zero(first, at, GUEST_SLOTS);
  const offset = guestOffset[row]! + guestZero - hostZero;
  let zeroNs = hostZero;
  let before = 0;
  let leftHost = 0;
  for (let slot = 0; slot < STATION_COUNT; slot++) {
    if (slot === GUEST_IN) {
      to[0] = offset - before;
      leftHost = before;
      before = 0;
      zeroNs = guestZero;
    } else if (slot === HOST_AGAIN) {
      before = Number.isNaN(offset) ? leftHost : offset + before;
      zeroNs = hostZero;
    }
    // So that end to end can be read without all that is between.
    if (slot === STATION_COUNT - 1) before = 0;
    const ns = first[at + slot]! - zeroNs;
    to[FIRSTS + slot] = ns - before;
    to[LASTS + slot] = last[at + slot]! - first[at + slot]!;
    if (!Number.isNaN(ns)) before = ns;
  }
}

/** First stamp of a vantage in the order of the path: where it counts from. */
function zero(first: Float64Array, at: number, slots: readonly number[]): number {
  for (let i = 0; i < slots.length; i++) {
    const ns = first[at + slots[i]!]!;
    if (!Number.isNaN(ns)) return ns;
  }
  return 0;
}
