import { CLASSES, exchangeClass, HEAD_BYTES } from '../wire/record.ts';
import type { PathColumns } from './paths.ts';

const REQUEST = CLASSES.indexOf('request');
const STREAM = CLASSES.indexOf('stream');
const SPACE = 32;
/** What an exchange counts as, by flags and protocol; asked once per row, so as numbers. */
const INDEX_OF = new Map(CLASSES.map((name, i) => [name, i]));

/**
 * Fill `class` of rows [from, to).
 * @param longPolls beginnings of paths, as bytes, whose requests wait on purpose: they count as streams
 */
export function classify(columns: PathColumns, from: number, to: number, longPolls: readonly Uint8Array[]): void {
  for (let row = from; row < to; row++) {
    const index = INDEX_OF.get(exchangeClass(columns.flags[row]!, columns.protocol[row]!))!;
    const waits = index === REQUEST && longPolls.some((prefix) => pathBegins(columns, row, prefix));
    columns.class[row] = waits ? STREAM : index;
  }
}

function pathBegins({ heads, headLength }: PathColumns, row: number, prefix: Uint8Array): boolean {
  const at = row * HEAD_BYTES;
  const end = at + headLength[row]!;
  const space = heads.indexOf(SPACE, at);
  if (space < 0 || space + prefix.length >= end) return false;
  return prefix.every((byte, i) => heads[space + 1 + i] === byte);
}
