import { HEAD_BYTES } from '../wire/record.ts';
import { KEY_BYTES, LAYER_COUNT, type PathColumns, pathColumns, STATION_COUNT } from './paths.ts';

/** Elements per row of every column: a column missing here would be a type error. */
const STRIDES: Record<Exclude<keyof PathColumns, 'capacity' | 'count'>, number> = {
  ordinal: 1,
  vm: 1,
  hostSource: 1,
  guestSource: 1,
  tap: 1,
  vnic: 1,
  atMs: 1,
  first: STATION_COUNT,
  last: STATION_COUNT,
  guestOffset: 1,
  bound: 1,
  clockMethod: 1,
  layers: LAYER_COUNT,
  endToEnd: 1,
  clientRtt: 1,
  acked: 1,
  connect: 1,
  runDelay: 1,
  upstream: 1,
  retransmitsIn: 1,
  retransmitsOut: 1,
  zeroWindows: 1,
  synRetries: 1,
  protocol: 1,
  requestSeq: 1,
  requestBytes: 1,
  responseBytes: 1,
  flags: 1,
  class: 1,
  status: 1,
  keys: KEY_BYTES,
  headLength: 1,
  heads: HEAD_BYTES,
};
const COLUMNS = Object.entries(STRIDES) as [keyof typeof STRIDES, number][];

/** Copy `rows` rows with all their fields; `from` may be `to`, overlapping or not. `count` stays as it is. */
export function copyRows(from: PathColumns, fromRow: number, to: PathColumns, toRow: number, rows: number): void {
  if (rows <= 0) return;
  if (fromRow + rows > from.capacity || toRow + rows > to.capacity) throw new RangeError('rows beyond the columns');
  for (const [name, stride] of COLUMNS) {
    to[name].set(from[name].subarray(fromRow * stride, (fromRow + rows) * stride), toRow * stride);
  }
}

/** A copy of one row. */
export function rowOf(columns: PathColumns, row: number): PathColumns {
  const copy = pathColumns(1);
  copyRows(columns, row, copy, 0, 1);
  return copy;
}
