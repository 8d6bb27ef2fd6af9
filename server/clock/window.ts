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

  /** @param side 1 for a lower point (the offset is at least y), -1 for an upper one */
  add(x: number, y: number, side: 1 | -1): void {
    const number = Math.floor(x / this.#widthNs);
    if (number <= Math.max(this.#forgotten, this.#newest - this.#ring.length)) {
      this.late++;
      return;
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
  }

  #bucket(number: number): Bucket {
    const length = this.#ring.length;
    const bucket = this.#ring[((number % length) + length) % length]!;
    if (bucket.number !== number) {
      bucket.number = number;
      bucket.lower.count = 0;
      bucket.lower.reduced = 0;
      bucket.upper.count = 0;
      bucket.upper.reduced = 0;
    }
    return bucket;
  }

  /** Hulls of the newest `buckets` buckets together. */
  hulls(buckets: number): { lower: Points; upper: Points } {
    const chosen = this.#ring.filter((b) => b.number > this.#newest - buckets && b.number <= this.#newest);
    return { lower: hullOf(chosen, 'lower', 1), upper: hullOf(chosen, 'upper', -1) };
  }

  /** Forget all but the newest `buckets` buckets, for good: what still arrives for the others is late. */
  keepNewest(buckets: number): void {
    this.#forgotten = this.#newest - buckets;
    for (const bucket of this.#ring) if (!(bucket.number > this.#forgotten)) bucket.number = Number.NaN;
  }
}

function hullOf(buckets: readonly Bucket[], kind: 'lower' | 'upper', side: 1 | -1): Points {
  for (const bucket of buckets) reduceToHull(bucket[kind], side);
  const all = points(buckets.reduce((sum, b) => sum + b[kind].count, 0));
  for (const { [kind]: part } of buckets) {
    all.x.set(part.x.subarray(0, part.count), all.count);
    all.y.set(part.y.subarray(0, part.count), all.count);
    all.count += part.count;
  }
  reduceToHull(all, side);
  return all;
}
