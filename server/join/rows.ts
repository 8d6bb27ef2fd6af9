import type { PathColumns } from './paths.ts';

/** Copy `rows` rows between columns (all fields); does not touch `count`. */
export function copyRows(_from: PathColumns, _fromRow: number, _to: PathColumns, _toRow: number, _rows: number): void {
  throw new Error('in work');
}
