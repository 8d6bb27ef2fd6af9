/** In which order rows come by time, and by their number where that is the same. */

const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;
const HALF = 2 ** 32;

/**
 * A digit of the times at a time: several times faster than comparing rows.
 * @returns indices of rows
 */
export function orderOf(ticks: Float64Array, numbers: Float64Array): Uint32Array {
  const order = isWhole(ticks) ? byDigits(ticks) : Uint32Array.from(ticks.keys()).sort((a, b) => ticks[a]! - ticks[b]!);
  for (let from = 0, to = 1; from < order.length; from = to++) {
    while (to < order.length && ticks[order[to]!] === ticks[order[from]!]) to++;
    if (to - from > 1) order.subarray(from, to).sort((a, b) => numbers[a]! - numbers[b]!);
  }
  return order;
}

function isWhole(ticks: Float64Array): boolean {
  for (let row = 0; row < ticks.length; row++) if (!Number.isSafeInteger(ticks[row]!)) return false;
  return true;
}

function byDigits(ticks: Float64Array): Uint32Array {
  const least = ticks.reduce((min, each) => Math.min(min, each), Number.POSITIVE_INFINITY);
  const low = new Uint32Array(ticks.length);
  const high = new Uint32Array(ticks.length);
  for (let row = 0; row < ticks.length; row++) {
    const since = ticks[row]! - least;
    high[row] = Math.floor(since / HALF);
    low[row] = since % HALF;
  }
  const rows = Uint32Array.from(ticks.keys());
  const other = new Uint32Array(ticks.length);
  const halves = [low, high].filter((half) => half.some((each) => each > 0));
  for (const half of halves) {
    byDigit(rows, other, half, 0);
    byDigit(other, rows, half, DIGIT_BITS);
  }
  return rows;
}

/** Rows of the same digit stay in their order. */
function byDigit(from: Uint32Array, to: Uint32Array, keys: Uint32Array, shift: number): void {
  const places = new Uint32Array(DIGITS + 1);
  for (let i = 0; i < keys.length; i++) places[((keys[i]! >>> shift) & (DIGITS - 1)) + 1]! += 1;
  for (let digit = 0; digit < DIGITS; digit++) places[digit + 1]! += places[digit]!;
  for (let i = 0; i < from.length; i++) {
    const row = from[i]!;
    to[places[(keys[row]! >>> shift) & (DIGITS - 1)]!++] = row;
  }
}
