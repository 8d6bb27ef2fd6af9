/**
 * Base-2 exponential bucket indices with OpenTelemetry's meaning: at a scale,
 * base = 2^(2^-scale) and bucket i holds (base^i, base^(i+1)].
 */

/** Cells of the mantissa table: fewer than one boundary each up to MAX_SCALE. */
const CELL_BITS = 11;
export const MAX_SCALE = 8;

export interface BucketTable {
  readonly scale: number;
  /** Largest double ≤ 2^(k / 2^scale), k from 0 to 2^scale. */
  readonly boundaries: Float64Array;
  /** For each cell of mantissas in [1, 2): the bucket of its smallest value. */
  readonly cells: Uint8Array;
}

const tables = new Map<number, BucketTable>();

/** The table of a scale from 0 to MAX_SCALE; built once. */
export function bucketTable(scale: number): BucketTable {
  let table = tables.get(scale);
  if (!table) {
    if (!Number.isInteger(scale) || scale < 0 || scale > MAX_SCALE) throw new RangeError(`histogram scale ${scale}`);
    table = buildTable(scale);
    tables.set(scale, table);
  }
  return table;
}

function buildTable(scale: number): BucketTable {
  const perOctave = 2 ** scale;
  const boundaries = Float64Array.from({ length: perOctave + 1 }, (_, k) => boundary(k, perOctave));
  const cells = new Uint8Array(2 ** CELL_BITS);
  let bucket = 0;
  for (let cell = 0; cell < cells.length; cell++) {
    while (boundaries[bucket + 1]! < 1 + cell / cells.length) bucket++;
    cells[cell] = bucket;
  }
  return { scale, boundaries, cells };
}

/** Largest double ≤ 2^(k/n): Math.pow corrected by exact integers. */
function boundary(k: number, n: number): number {
  const ulp = 2 ** -52;
  const limit = 1n << BigInt(k + 52 * n);
  const isAbove = (m: number) => BigInt(m * 2 ** 52) ** BigInt(n) > limit;
  let value = 2 ** (k / n);
  while (isAbove(value)) value -= ulp;
  while (value < 2 && !isAbove(value + ulp)) value += ulp;
  return value;
}

const float = new Float64Array(1);
/** The same bytes: word 1 holds sign, exponent and the high mantissa (little-endian, as all Node platforms are). */
const words = new Uint32Array(float.buffer);

/** 2^-e for every exponent e of a normal double, by its biased bits: exact factors, so the product is the mantissa. */
const unscale = Float64Array.from({ length: 2047 }, (_, biased) => 2 ** (1023 - biased));

/** Bucket index of a finite, normal `value` > 0: cell from its bits, one comparison for exactness. */
export function bucketIndex(table: BucketTable, value: number): number {
  float[0] = value;
  const high = words[1]!;
  const biased = high >>> 20;
  const mantissa = value * unscale[biased]!;
  let bucket = table.cells[(high >>> 9) & 0x7ff]!;
  if (mantissa > table.boundaries[bucket + 1]!) bucket++;
  else if (mantissa === 1) bucket = -1;
  return ((biased - 1023) << table.scale) + bucket;
}
