/**
 * The measurements of paths as numbers that are small: each station counts
 * from the one before it, over the guest's clock offset into the guest and out
 * of it again. `stored-view.ts` says the same in SQL, the other way round.
 */
import { type PathColumns, STATION_COUNT } from '../join/paths.ts';
import { GUEST_STATIONS, STATIONS, type Station, stationIndex } from '../wire/stations.ts';
import { isPackable } from './column-appender.ts';
import { columnName } from './path-fields.ts';

const GUEST_IN = stationIndex(GUEST_STATIONS[0]);
const HOST_AGAIN = stationIndex(GUEST_STATIONS.at(-1)!) + 1;
const HOST_SLOTS = STATIONS.map((_, slot) => slot).filter((slot) => slot < GUEST_IN || slot >= HOST_AGAIN);
const GUEST_SLOTS = GUEST_STATIONS.map(stationIndex);
/** Wall-clock times are doubles of ms, and since 1985 whole numbers of these. */
export const TICKS_PER_MS = 4096;

/** Kept as they are; the end-to-end time follows from the rest, and the slowest are found by it. */
const PLAIN = {
  bound: 'bound_ns',
  acked: 'acked_ns',
  connect: 'connect_ns',
  runDelay: 'run_delay_ns',
  upstream: 'upstream_ns',
  endToEnd: 'end_to_end_ns',
} as const satisfies Partial<Record<keyof PathColumns, string>>;
const PLAIN_KEYS = Object.keys(PLAIN) as (keyof typeof PLAIN)[];

export const CROSSING_NAME = 'guest_offset_ns';
export const firstName = (station: Station): string => `${columnName(station)}_ns`;
export const lastName = (station: Station): string => `${columnName(station)}_last_ns`;

/** In the order of the table. */
export const PACKED_NAMES: readonly string[] = [
  CROSSING_NAME,
  ...STATIONS.map(firstName),
  ...STATIONS.map(lastName),
  ...Object.values(PLAIN),
];

export interface PackedRows {
  /** Ticks of the wall clock. */
  ticks: Float64Array;
  /** By PACKED_NAMES; NaN: not measured. */
  columns: Float64Array[];
  /** 1 where all numbers of a row are whole and fit 32 bits. */
  fits: Uint8Array;
}

export function packRows(paths: PathColumns): PackedRows {
  const { count } = paths;
  const ticks = paths.atMs.slice(0, count).map((ms) => ms * TICKS_PER_MS);
  const stamps = { crossing: new Float64Array(count), firsts: columnsOf(count), lasts: columnsOf(count) };
  for (let row = 0; row < count; row++) packStamps(paths, row, stamps);
  const plain = PLAIN_KEYS.map((key) => paths[key].subarray(0, count));
  const columns = [stamps.crossing, ...stamps.firsts, ...stamps.lasts, ...plain];
  return { ticks, columns, fits: fitting(ticks, columns) };
}

function columnsOf(count: number): Float64Array[] {
  return STATIONS.map(() => new Float64Array(count));
}

interface Stamps {
  crossing: Float64Array;
  firsts: Float64Array[];
  lasts: Float64Array[];
}

function packStamps({ first, last, guestOffset }: PathColumns, row: number, stamps: Stamps): void {
  const at = row * STATION_COUNT;
  const hostZero = zero(first, at, HOST_SLOTS);
  const guestZero = zero(first, at, GUEST_SLOTS);
  const offset = guestOffset[row]! + guestZero - hostZero;
  let zeroNs = hostZero;
  let before = 0;
  let leftHost = 0;
  for (let slot = 0; slot < STATION_COUNT; slot++) {
    if (slot === GUEST_IN) {
      stamps.crossing[row] = offset - before;
      leftHost = before;
      before = 0;
      zeroNs = guestZero;
    } else if (slot === HOST_AGAIN) {
      before = Number.isNaN(offset) ? leftHost : offset + before;
      zeroNs = hostZero;
    }
    const ns = first[at + slot]! - zeroNs;
    stamps.firsts[slot]![row] = ns - before;
    stamps.lasts[slot]![row] = last[at + slot]! - first[at + slot]!;
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

function fitting(ticks: Float64Array, columns: readonly Float64Array[]): Uint8Array {
  const fits = Uint8Array.from(ticks, (at) => (Number.isSafeInteger(at) ? 1 : 0));
  for (const column of columns) {
    for (let row = 0; row < fits.length; row++) if (!isPackable(column[row]!)) fits[row] = 0;
  }
  return fits;
}
