import type { Station } from '../wire/stations.ts';
import type { PathColumns } from './paths.ts';

/** Fill `layers` and `endToEnd` of rows [from, to); returns how many values were negative (set to NaN). */
export function deriveLayers(_columns: PathColumns, _from: number, _to: number): number {
  throw new Error('in work');
}
/** vnic.in + vnic.out in ns, no clock needed; NaN where a station is missing. */
export function vnicRoundTrip(_columns: PathColumns, _row: number): number {
  throw new Error('in work');
}
export function missingStations(_columns: PathColumns, _row: number): Station[] {
  throw new Error('in work');
}
export function isComplete(_columns: PathColumns, _row: number): boolean {
  throw new Error('in work');
}
