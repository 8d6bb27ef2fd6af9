/** Rows that were put right after they came into the file. */
import type { PathColumns } from '../join/paths.ts';
import { rowOf } from '../join/rows.ts';
import type { ChangedRow } from './memory-rows.ts';

/** A row that is in the file already and was put right since. */
export interface Amended {
  run: string;
  columns: PathColumns;
  /** As it is in the file. */
  before: PathColumns;
}

/** A row that changed once more is still replaced as it is in the file. */
export function noteAmended(amended: Map<number, Amended>, { run, sequence, columns, row, before }: ChangedRow): void {
  const first = amended.get(sequence)?.before ?? before;
  amended.set(sequence, { run, before: first, columns: rowOf(columns, row) });
}

/** What a failed commit had and what came meanwhile: as it is now, and as it was before both. */
export function stillAmended(failed: Map<number, Amended>, since: Map<number, Amended>): Map<number, Amended> {
  const all = new Map([...failed, ...since]);
  for (const [number, { before }] of failed) all.set(number, { ...all.get(number)!, before });
  return all;
}
