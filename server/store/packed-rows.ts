/**
 * The measurements of paths as numbers that are small: each station counts
 * from the one before it, over the guest's clock offset into the guest and out
 * of it again. `stored-view.ts` says the same in SQL, the other way round.
 */
import { type PathColumns, STATION_COUNT } from '../join/paths.ts';
import { GUEST_STATIONS, STATIONS, type Station, stationIndex } from '../wire/stations.ts';
import { columnName } from './path-fields.ts';
import { shapesOf } from './row-shapes.ts';

const GUEST_IN = stationIndex(GUEST_STATIONS[0]);
const HOST_AGAIN = stationIndex(GUEST_STATIONS.at(-1)!) + 1;
const HOST_SLOTS = STATIONS.map((_, slot) => slot).filter((slot) => slot < GUEST_IN || slot >= HOST_AGAIN);
const GUEST_SLOTS = GUEST_STATIONS.map(stationIndex);
/** Wall-clock times are doubles of ms, and since 1985 whole numbers of these. */
export const TICKS_PER_MS = 4096;

export const CROSSING_NAME = 'guest_offset_ns';
export const firstName = (station: Station): string => `${columnName(station)}_ns`;
export const lastName = (station: Station): string => `${columnName(station)}_last_ns`;

/** What is kept of every path; `end_to_end_ns` follows from the rest, and the slowest are found by it. */
export const USUAL_NAMES: readonly string[] = [
  ...[CROSSING_NAME, ...STATIONS.map(firstName)],
  ...['bound_ns', 'acked_ns', 'run_delay_ns', 'end_to_end_ns'],
];
/** Where messages took one segment each, without a handshake or an upstream: 0, or nothing. */
export const OTHER_NAMES: readonly string[] = [...STATIONS.map(lastName), 'connect_ns', 'upstream_ns'];

export interface PackedRows {
  /** Of the wall clock. */
  ticks: Float64Array;
  /** By their names; NaN: not measured. */
  columns: Record<string, Float64Array>;
  /** SHAPE of each row. */
  shapes: Uint8Array;
}

export function packRows(paths: PathColumns): PackedRows {
  const { count } = paths;
  const ticks = paths.atMs.slice(0, count).map((ms) => ms * TICKS_PER_MS);
  const stamps = { crossing: new Float64Array(count), firsts: columnsOf(count), lasts: columnsOf(count) };
  for (let row = 0; row < count; row++) packStamps(paths, row, stamps);
  const { firsts, lasts } = stamps;
  const usual = [stamps.crossing, ...firsts, paths.bound, paths.acked, paths.runDelay, paths.endToEnd];
  const others = [...lasts, paths.connect, paths.upstream];
  const columns = [...usual.map((c, i) => [USUAL_NAMES[i]!, c]), ...others.map((c, i) => [OTHER_NAMES[i]!, c])];
  const other = others.map((values, i) => ({ values, isImplied: implied(values, firsts[i]) }));
  return { ticks, columns: Object.fromEntries(columns), shapes: shapesOf({ ticks, usual, other }) };
}

/** A last byte passed with the first one; what belongs to no station was not measured. */
function implied(values: Float64Array, first: Float64Array | undefined): (row: number) => boolean {
  if (first === undefined) return (row) => Number.isNaN(values[row]!);
  return (row) => values[row] === 0 || (Number.isNaN(values[row]!) && Number.isNaN(first[row]!));
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
