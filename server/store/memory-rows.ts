/** Where a path is in memory. */
import type { PathColumns } from '../join/paths.ts';

/** A row of some columns, by the number it got when it was appended. */
export interface Place {
  columns: PathColumns;
  row: number;
  sequence: number;
}

export interface KeptRow extends Readonly<Place> {
  readonly run: string;
}

export interface ChangedRow extends KeptRow {
  /** A copy of it as it was. */
  readonly before: PathColumns;
}
