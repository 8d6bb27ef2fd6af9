import { bucketIndex, bucketTable } from './bucket-index.ts';

/** 32 buckets an octave: a quantile is within 1.09 % of the true order statistic. */
export const KEPT_SCALE = 5;
/** Largest relative error of a quantile: from a bucket's middle to its end. */
export const KEPT_ERROR = (2 ** (2 ** -KEPT_SCALE) - 1) / (2 ** (2 ** -KEPT_SCALE) + 1);

const TABLE = bucketTable(KEPT_SCALE);
const SMALLEST = Number.MIN_VALUE * 2 ** 52;
const SLACK = 16;
const NO_COUNTS = new Float64Array(0);

/**
 * Durations in ns counted in base-2 exponential buckets: what of a histogram is
 * kept for long. It has no ends of its own, so that what was counted can be
 * taken away again exactly, and any order of merging gives the same counts.
 */
export class BucketCounts {
  count = 0;
  /** Of duration 0. */
  zero = 0;
  /** Whole ns; exact up to 2^53. */
  sum = 0;
  #offset = 0;
  #counts = NO_COUNTS;

  /** Count a duration so many times; -1 takes it away. */
  record(ns: number, times = 1): void {
    this.sum += times * Math.round(ns);
    if (ns < SMALLEST) this.addZero(times);
    else this.add(bucketIndex(TABLE, ns), times);
  }

  /** Count those of values[from], values[from + stride], … before `to` that are 0 or more, so many times each. */
  recordMeasured(values: Float64Array, from: number, to: number, stride: number, times = 1): void {
    for (let at = from; at < to; at += stride) {
      const ns = values[at]!;
      if (ns >= 0) this.record(ns, times);
    }
  }

  addZero(times: number): void {
    this.zero += times;
    this.count += times;
  }

  /** Count in the bucket (2^(index/32), 2^((index+1)/32)]. */
  add(index: number, times: number): void {
    let at = index - this.#offset;
    if (at < 0 || at >= this.#counts.length) at = this.cover(index, index);
    this.#counts[at] = this.#counts[at]! + times;
    this.count += times;
  }

  /** Make room for the buckets from `first` to `last`. @returns where the first one is in {@link cells} */
  cover(first: number, last: number): number {
    const old = this.#counts;
    const oldEnd = this.#offset + old.length - 1;
    if (first >= this.#offset && last <= oldEnd) return first - this.#offset;
    const start = old.length === 0 ? first - SLACK : Math.min(this.#offset, first - SLACK);
    const end = Math.max(old.length === 0 ? last : oldEnd, last + SLACK);
    this.#counts = new Float64Array(end - start + 1);
    if (old.length > 0) this.#counts.set(old, this.#offset - start);
    this.#offset = start;
    return first - start;
  }

  /** Counts of the buckets that are covered, until others are; who adds to them adds to `count` as well. */
  get cells(): Float64Array {
    return this.#counts;
  }

  merge(other: BucketCounts): void {
    const { offset, counts } = other.used();
    this.addZero(other.zero);
    this.sum += other.sum;
    if (counts.length === 0) return;
    const at = this.cover(offset, offset + counts.length - 1);
    for (let i = 0; i < counts.length; i++) this.#counts[at + i] = this.#counts[at + i]! + counts[i]!;
    this.count += other.count - other.zero;
  }

  /** Forget all, keep the room. */
  clear(): void {
    this.count = 0;
    this.zero = 0;
    this.sum = 0;
    this.#counts.fill(0);
  }

  /** The buckets from the first to the last one that counted something, empty ones between them included. */
  used(): { offset: number; counts: Float64Array } {
    let start = 0;
    let end = this.#counts.length;
    while (start < end && this.#counts[start] === 0) start++;
    while (end > start && this.#counts[end - 1] === 0) end--;
    return { offset: start === end ? 0 : this.#offset + start, counts: this.#counts.subarray(start, end) };
  }

  /** By nearest rank: the middle of its bucket, ns. Null when nothing was counted. */
  quantile(q: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.count));
    if (rank <= this.zero) return 0;
    let seen = this.zero;
    let at = 0;
    while (seen + this.#counts[at]! < rank) seen += this.#counts[at++]!;
    return middle(this.#offset + at);
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }
}

/** The value with the same relative distance to both ends of a bucket. */
function middle(index: number): number {
  const base = 2 ** (2 ** -KEPT_SCALE);
  return (2 ** (index / 2 ** KEPT_SCALE) * 2 * base) / (1 + base);
}
