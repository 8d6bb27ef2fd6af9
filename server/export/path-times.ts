import type { HrTime } from '@opentelemetry/api';
import { type PathColumns, STATION_COUNT } from '../join/paths.ts';
import { GUEST_STATIONS, STATIONS } from '../wire/stations.ts';

const IS_GUEST = STATIONS.map((station) => (GUEST_STATIONS as readonly string[]).includes(station));

/** `first` or `last` of a station on the host's timeline, whole ns; NaN where missing or not placeable without a clock. */
export function hostTimeNs(columns: PathColumns, row: number, station: number, which: 'first' | 'last'): number {
  const at = columns[which][row * STATION_COUNT + station] as number;
  return IS_GUEST[station] ? at + (columns.guestOffset[row] as number) : at;
}

/** From the first station that has a place to the latest stamp, on the host's timeline; null where there is none. */
export function hostSpanNs(columns: PathColumns, row: number): { startNs: number; endNs: number } | null {
  let startNs = Number.NaN;
  let endNs = Number.NEGATIVE_INFINITY;
  for (let station = 0; station < STATION_COUNT; station++) {
    const first = hostTimeNs(columns, row, station, 'first');
    const last = hostTimeNs(columns, row, station, 'last');
    if (Number.isNaN(startNs)) startNs = first;
    // Comparisons with NaN are false: a missing stamp never counts.
    if (first > endNs) endNs = first;
    if (last > endNs) endNs = last;
  }
  return Number.isNaN(startNs) ? null : { startNs, endNs };
}

/**
 * Wall-clock nanoseconds of a path's first station. `atMs` is a double, good to
 * about 0.25 µs in this century; every other time of the path is this plus a
 * whole number of nanoseconds, so spans of one trace are exact to each other.
 */
export function wallNs(atMs: number): bigint {
  const ms = Math.floor(atMs);
  return BigInt(ms) * 1_000_000n + BigInt(Math.round((atMs - ms) * 1e6));
}

/** Seconds and nanoseconds: a double of ns since the epoch would be off by hundreds. */
export function hrTime(ns: bigint): HrTime {
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
}
