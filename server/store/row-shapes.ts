/** Which of three tables a row of paths goes to, by what is in it. */

/** `long` where a number is not whole or beyond 32 bits, `other` where it is rare. */
export const SHAPE = { usual: 0, other: 1, long: 2 } as const;

/** What a PACKED column has for 0. */
const PACKED_ZERO = 1;
const PACKED_NULL = 0;

/**
 * A column is as wide on disk as the largest of 2,048 numbers. A few of the
 * largest make all of them wide, unless those keep to themselves: of a batch,
 * rows with a number that has more bits than this share of its column.
 */
const USUAL_SHARE = 0.97;

/** Numbers as PACKED has them. */
export interface ShapedColumns {
  /** What is kept of all rows, and which of it is when a station's first byte passed. */
  usual: readonly Int32Array[];
  firsts: readonly Int32Array[];
  /** What is kept of the others only: how much later the last byte passed, station by station; what seldom is measured. */
  lasts: readonly Int32Array[];
  seldom: readonly Int32Array[];
}

/** Mark, of the first `count` rows, the usual ones that are others. */
export function markOthers(shapes: Uint8Array, count: number, columns: ShapedColumns): void {
  const { usual, firsts, lasts, seldom } = columns;
  for (const column of usual) markRare(shapes, count, column);
  lasts.forEach((last, i) => {
    markLasting(shapes, count, firsts[i]!, last);
  });
  for (const column of seldom) markMeasured(shapes, count, column);
}

function markRare(shapes: Uint8Array, count: number, column: Int32Array): void {
  const limit = usualLimit(column, count);
  for (let row = 0; row < count; row++) {
    if (Math.abs(column[row]!) >= limit && shapes[row] === SHAPE.usual) shapes[row] = SHAPE.other;
  }
}

/** The smallest power of two that the usual share of the first `count` numbers is below. */
function usualLimit(column: Int32Array, count: number): number {
  const byBits = new Uint32Array(33);
  for (let row = 0; row < count; row++) byBits[32 - Math.clz32(Math.abs(column[row]!))]!++;
  let below = byBits[0]!;
  let bits = 0;
  while (below < USUAL_SHARE * count) below += byBits[++bits]!;
  return 2 ** bits;
}

/** Unless the last byte passed with the first one, or neither is known. */
function markLasting(shapes: Uint8Array, count: number, first: Int32Array, last: Int32Array): void {
  for (let row = 0; row < count; row++) {
    if (last[row] === PACKED_ZERO || (last[row] === PACKED_NULL && first[row] === PACKED_NULL)) continue;
    if (shapes[row] === SHAPE.usual) shapes[row] = SHAPE.other;
  }
}

function markMeasured(shapes: Uint8Array, count: number, column: Int32Array): void {
  for (let row = 0; row < count; row++) {
    if (column[row] !== PACKED_NULL && shapes[row] === SHAPE.usual) shapes[row] = SHAPE.other;
  }
}
