/** In which order rows come by time, and by their number where that is the same. */

const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;

/**
 * Rows come nearly in order; a digit at a time is several times faster than comparing them.
 * @param ticks whole numbers or not, none negative @param numbers whole, none negative
 * @returns indices of rows
 */
export function orderOf(ticks: Float64Array, numbers: Float64Array): Uint32Array {
  const byNumber = sorted(Uint32Array.from(numbers.keys()), numbers);
  return sorted(byNumber, ticks);
}

/** Rows with the same key stay as they are. */
function sorted(rows: Uint32Array, keys: Float64Array): Uint32Array {
  if (isSorted(rows, keys)) return rows;
  if (!keys.every((key) => Number.isSafeInteger(key))) return rows.slice().sort((a, b) => keys[a]! - keys[b]!);
  const least = keys.reduce((min, key) => Math.min(min, key), Number.POSITIVE_INFINITY);
  const most = keys.reduce((max, key) => Math.max(max, key), 0) - least;
  let [from, to]: [Uint32Array, Uint32Array] = [rows, new Uint32Array(rows.length)];
  for (let unit = 1; unit <= most; unit *= DIGITS) {
    byDigit(from, to, keys, least, unit);
    [from, to] = [to, from];
  }
  return from;
}

function isSorted(rows: Uint32Array, keys: Float64Array): boolean {
  for (let i = 1; i < rows.length; i++) if (keys[rows[i]!]! < keys[rows[i - 1]!]!) return false;
  return true;
}

function byDigit(from: Uint32Array, to: Uint32Array, keys: Float64Array, least: number, unit: number): void {
  const digitOf = (row: number) => Math.floor((keys[row]! - least) / unit) % DIGITS;
  const places = new Uint32Array(DIGITS + 1);
  for (const row of from) places[digitOf(row) + 1]! += 1;
  for (let digit = 0; digit < DIGITS; digit++) places[digit + 1]! += places[digit]!;
  for (const row of from) to[places[digitOf(row)]!++] = row;
}
