/** A batch of rows on its way into the database: columns, and beside them the number and the run of each row. */
import { type PathColumns, pathColumns } from '../join/paths.ts';
import { copyRows } from '../join/rows.ts';

export interface StoredRows {
  columns: PathColumns;
  /** Numbers of paths, rising with the order of arrival. */
  numbers: Float64Array;
  /** Index into `runs`. */
  runOf: Uint32Array;
  runs: string[];
}

export function storedRows(capacity: number): StoredRows {
  return {
    columns: pathColumns(capacity),
    numbers: new Float64Array(capacity),
    runOf: new Uint32Array(capacity),
    runs: [],
  };
}

/** Append `rows` rows of one run, numbered from `number`. */
export function addRows(
  to: StoredRows,
  run: string,
  number: number,
  columns: PathColumns,
  from: number,
  rows: number,
): void {
  const at = to.columns.count;
  copyRows(columns, from, to.columns, at, rows);
  let index = to.runs.lastIndexOf(run);
  if (index < 0) index = to.runs.push(run) - 1;
  to.runOf.fill(index, at, at + rows);
  for (let i = 0; i < rows; i++) to.numbers[at + i] = number + i;
  to.columns.count += rows;
}

/** Keep only the rows for which `keep` holds, in their order. */
export function retainRows(rows: StoredRows, keep: (row: number) => boolean): void {
  const { columns } = rows;
  let kept = 0;
  let from = 0;
  for (let row = 0; row < columns.count; row++) {
    if (keep(row)) continue;
    kept = closeUp(rows, from, row, kept);
    from = row + 1;
  }
  columns.count = closeUp(rows, from, columns.count, kept);
}

/** Move rows [from, to) to row `at`. @returns where they end */
function closeUp({ columns, numbers, runOf }: StoredRows, from: number, to: number, at: number): number {
  if (at !== from) {
    copyRows(columns, from, columns, at, to - from);
    numbers.copyWithin(at, from, to);
    runOf.copyWithin(at, from, to);
  }
  return at + to - from;
}

/** In memory that two threads see: nothing is copied, and nothing made anew, to give rows from one to the other. */
export function sharedRows(capacity: number): StoredRows {
  const { columns, ...own } = storedRows(capacity);
  return { ...inSharedMemory(own), columns: inSharedMemory(columns) };
}

/** With arrays of the same lengths in place of its own. */
function inSharedMemory<T extends object>(of: T): T {
  const shared = Object.entries(of).map(([name, value]) => [name, isArray(value) ? sharedArray(value) : value]);
  return Object.fromEntries(shared) as T;
}

type NumberArray = Float64Array | Uint32Array | Uint16Array | Uint8Array;

function isArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value);
}

function sharedArray(array: NumberArray): NumberArray {
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => NumberArray;
  return new Kind(new SharedArrayBuffer(array.byteLength));
}
