import { type Points, points, reduceToHull } from './hull.ts';

/** Points a bucket holds before it is reduced to its hull. */
const BUCKET_POINTS = 64;

/** Constraints of one stretch of guest time. */
interface Bucket {
  /** Which stretch: floor(x / width). */
  number: number;
  readonly lower: Points;
  readonly upper: Points;
}

/**
 * The trailing window of constraint points in a ring of buckets, so that old
 * ones leave at once and memory is bounded at any rate. x and y are relative
 * to the first point seen, which keeps doubles exact.
 */
export class ConstraintWindow {
  readonly #widthNs: number;
  readonly #ring: Bucket[];
  #newest = Number.NEGATIVE_INFINITY;
  #forgotten = Number.NEGATIVE_INFINITY;
  /** Points that came after they had left the window. */
  late = 0;
  /** Points that a bucket full of hull points had no room for. */
  crowded = 0;

  constructor(windowNs: number, buckets: number) {
    this.#widthNs = windowNs / buckets;
    this.#ring = Array.from({ length: buckets }, () => ({
      number: Number.NaN,
      lower: points(BUCKET_POINTS),
      upper: points(BUCKET_POINTS),
    }));
  }

  /**
   * @param side 1 for a lower point (the offset is at least y), -1 for an upper one
   * @returns whether the point was still in time
   */
  add(x: number, y: number, side: 1 | -1): boolean {
    const number = Math.floor(x / this.#widthNs);
    if (number <= Math.max(this.#forgotten, this.#newest - this.#ring.length)) {
      this.late++;
      return false;
    }
    this.#newest = Math.max(this.#newest, number);
    const bucket = this.#bucket(number);
    const into = side === 1 ? bucket.lower : bucket.upper;
    if (into.count === BUCKET_POINTS) reduceToHull(into, side);
    if (into.count === BUCKET_POINTS) this.crowded++;
    else {
      into.x[into.count] = x;
      into.y[into.count] = y;
      into.count++;
    }
    return true;
  }

  #bucket(number: number): Bucket {
    const bucket = this.#ring[this.#slot(number)]!;
    if (bucket.number !== number) {
      bucket.number = number;
      bucket.lower.count = 0;
      bucket.lower.reduced = 0;
      bucket.upper.count = 0;
      bucket.upper.reduced = 0;
    }
    return bucket;
  }

  #slot(number: number): number {
    const length = this.#ring.length;
    return ((number % length) + length) % length;
  }

  /** Both sides' points, by x, less those that lie inside the hull of their bucket. */
  points(): { lower: Points; upper: Points } {
    const inOrder: Bucket[] = [];
    for (let age = this.#ring.length - 1; age >= 0; age--) {
      const number = this.#newest - age;
      const bucket = this.#ring[this.#slot(number)];
      if (bucket?.number === number) inOrder.push(bucket);
    }
    return { lower: joined(inOrder, 'lower', 1), upper: joined(inOrder, 'upper', -1) };
  }

  /** Forget all points; what still arrives from before `x` is late. */
  restart(x: number): void {
    for (const bucket of this.#ring) bucket.number = Number.NaN;
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#forgotten = Math.floor(x / this.#widthNs) - 1;
  }
}

function joined(buckets: readonly Bucket[], kind: 'lower' | 'upper', side: 1 | -1): Points {
  let total = 0;
  for (const bucket of buckets) {
    reduceToHull(bucket[kind], side);
    total += bucket[kind].count;
  }
  const all = points(total);
  for (const { [kind]: part } of buckets) {
    for (let i = 0; i < part.count; i++) {
      all.x[all.count] = part.x[i]!;
      all.y[all.count] = part.y[i]!;
      all.count++;
    }
  }
  return all;
}
