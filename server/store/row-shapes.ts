/** Which of three tables a row of paths goes to, by what is in it. */
import { isPackable } from './column-appender.ts';

export const SHAPE = { usual: 0, other: 1, long: 2 } as const;

/**
 * A column is as wide on disk as the largest of 2,048 numbers. A few of the
 * largest make all of them wide, unless those keep to themselves: of a batch,
 * rows with a number that has more bits than this share of its column.
 */
const USUAL_SHARE = 0.97;

export interface ShapedColumns {
  ticks: Float64Array;
  /** What is kept of all rows. */
  usual: readonly Float64Array[];
  /** What is kept of the others only, and what it is where nothing needs to be kept. */
  other: readonly { values: Float64Array; isImplied(row: number): boolean }[];
}

/** By row: `long` where a number is not whole or beyond 32 bits, `other` where it is rare. */
export function shapesOf({ ticks, usual, other }: ShapedColumns): Uint8Array {
  const shapes = new Uint8Array(ticks.length);
  for (const column of usual) markRare(shapes, column);
  for (const { isImplied } of other) {
    for (let row = 0; row < shapes.length; row++) if (!isImplied(row)) shapes[row] = SHAPE.other;
  }
  for (let row = 0; row < shapes.length; row++) if (!Number.isSafeInteger(ticks[row])) shapes[row] = SHAPE.long;
  for (const column of [...usual, ...other.map(({ values }) => values)]) {
    for (let row = 0; row < shapes.length; row++) if (!isPackable(column[row]!)) shapes[row] = SHAPE.long;
  }
  return shapes;
}

function markRare(shapes: Uint8Array, column: Float64Array): void {
  const limit = usualLimit(column, shapes.length);
  for (let row = 0; row < shapes.length; row++) if (Math.abs(column[row]!) >= limit) shapes[row] = SHAPE.other;
}

/** The smallest power of two that the usual share of the first `count` numbers is below. */
function usualLimit(column: Float64Array, count: number): number {
  const byBits = new Uint32Array(33);
  for (let row = 0; row < count; row++) byBits[32 - Math.clz32(Math.abs(column[row]!))]!++;
  let below = byBits[0]!;
  let bits = 0;
  while (below < USUAL_SHARE * count) below += byBits[++bits]!;
  return 2 ** bits;
}
