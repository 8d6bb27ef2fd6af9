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
  const { columns, numbers, runOf } = rows;
  let kept = 0;
  for (let row = 0; row < columns.count; row++) {
    if (!keep(row)) continue;
    copyRows(columns, row, columns, kept, 1);
    numbers[kept] = numbers[row]!;
    runOf[kept++] = runOf[row]!;
  }
  columns.count = kept;
}

/** What of a batch need not be copied to give it to another thread. */
export function buffersOf({ columns, numbers, runOf }: StoredRows): ArrayBuffer[] {
  const arrays = [...Object.values(columns), numbers, runOf].filter(ArrayBuffer.isView);
  return arrays.map((array) => array.buffer as ArrayBuffer);
}
