import { type BucketTable, bucketIndex, bucketTable } from './bucket-index.ts';

/** A histogram as data: counts[k] holds (2^((offset+k)/2^scale), 2^((offset+k+1)/2^scale)]. */
export interface Buckets {
  scale: number;
  offset: number;
  counts: number[];
  zeroCount: number;
  /** Whole ns; a number is exact up to 2^53. */
  sum: number;
  min: number | null;
  max: number | null;
}

/** Sums carry at 2^52 so that both parts stay whole numbers and no order of adding changes them. */
const CARRY = 2 ** 52;
/** Buckets added beyond the one needed when the array grows: half an octave at scale 7. */
const SLACK = 64;
const NO_COUNTS = new Uint32Array(0);

/**
 * Base-2 exponential histogram of durations in ns, OpenTelemetry's buckets. At
 * scale 7 a quantile is within 0.28 % of the true order statistic. Merging is
 * exact: any order and any grouping of merges give the same bits.
 */
export class ExponentialHistogram {
  readonly scale: number;
  count = 0;
  zeroCount = 0;
  readonly #table: BucketTable;
  #offset = 0;
  #counts: Uint32Array = NO_COUNTS;
  #sumHigh = 0;
  #sumLow = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(scale = 7) {
    this.#table = bucketTable(scale);
    this.scale = scale;
  }

  /**
   * Count one duration.
   * @param ns finite, 0 or more; the sum takes it rounded to whole ns
   * @throws on NaN, negative and infinite values: the caller knows what those mean
   */
  record(ns: number): void {
    if (!(ns >= 0 && ns < Number.POSITIVE_INFINITY)) throw new RangeError(`a duration of ${ns} ns`);
    this.count++;
    const sum = this.#sumLow + Math.round(ns);
    if (sum < CARRY) this.#sumLow = sum;
    else this.#addToSum(0, Math.round(ns));
    if (ns < this.#min) this.#min = ns;
    if (ns > this.#max) this.#max = ns;
    // Below the smallest normal double there is no bucket and no duration.
    if (ns < Number.MIN_VALUE * 2 ** 52) this.zeroCount++;
    else this.#addToBucket(bucketIndex(this.#table, ns), 1);
  }

  /** Count those of values[from], values[from + stride], … before `to` that were measured: 0 or more. */
  recordMeasured(values: Float64Array, from: number, to: number, stride: number): void {
    for (let at = from; at < to; at += stride) {
      const ns = values[at]!;
      if (ns >= 0) this.record(ns);
    }
  }

  #addToBucket(index: number, count: number): void {
    let at = index - this.#offset;
    if (at < 0 || at >= this.#counts.length) {
      this.#cover(index, index);
      at = index - this.#offset;
    }
    this.#counts[at] = this.#counts[at]! + count;
  }

  #addToSum(high: number, low: number): void {
    const above = low < CARRY ? 0 : Math.floor(low / CARRY);
    const sum = this.#sumLow + (low - above * CARRY);
    const carry = sum < CARRY ? 0 : 1;
    this.#sumLow = sum - carry * CARRY;
    this.#sumHigh += high + above + carry;
  }

  /** Make room for the buckets from `from` to `to`. */
  #cover(from: number, to: number): void {
    const old = this.#counts;
    const isEmpty = old.length === 0;
    const start = isEmpty ? from - SLACK : Math.min(this.#offset, from < this.#offset ? from - SLACK : from);
    const oldEnd = this.#offset + old.length - 1;
    const end = isEmpty ? to + SLACK : Math.max(oldEnd, to > oldEnd ? to + SLACK : to);
    this.#counts = new Uint32Array(end - start + 1);
    this.#counts.set(old, isEmpty ? 0 : this.#offset - start);
    this.#offset = start;
  }

  /** Forget all, keep the room. */
  clear(): void {
    this.count = 0;
    this.zeroCount = 0;
    this.#counts.fill(0);
    this.#sumHigh = 0;
    this.#sumLow = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  /** Add all that `other` counted. @throws when the scales differ */
  merge(other: ExponentialHistogram): void {
    if (other.scale !== this.scale) throw new RangeError(`merge of scale ${other.scale} into ${this.scale}`);
    this.count += other.count;
    this.zeroCount += other.zeroCount;
    this.#addToSum(other.#sumHigh, other.#sumLow);
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#mergeCounts(other.#offset, other.#counts);
  }

  #mergeCounts(offset: number, counts: ArrayLike<number>): void {
    const { start, end } = usedRange(counts);
    if (start === end) return;
    const isCovered = offset + start >= this.#offset && offset + end <= this.#offset + this.#counts.length;
    if (!isCovered) this.#cover(offset + start, offset + end - 1);
    const shift = offset - this.#offset;
    for (let k = start; k < end; k++) this.#counts[k + shift] = this.#counts[k + shift]! + counts[k]!;
  }

  /**
   * The q-quantile by nearest rank, in ns: the middle of its bucket, at most
   * 0.271 % off at scale 7; the ends are exact. Null when nothing was counted.
   */
  quantile(q: number): number | null {
    if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile ${q}`);
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.count));
    if (rank === 1) return this.#min;
    if (rank === this.count) return this.#max;
    if (rank <= this.zeroCount) return 0;
    return Math.min(Math.max(this.#middle(this.#bucketOf(rank)), this.#min), this.#max);
  }

  #bucketOf(rank: number): number {
    let seen = this.zeroCount;
    let k = 0;
    while (seen + this.#counts[k]! < rank) seen += this.#counts[k++]!;
    return this.#offset + k;
  }

  /** The value with the same relative distance to both ends of a bucket. */
  #middle(index: number): number {
    const base = 2 ** (2 ** -this.scale);
    return (2 ** (index / 2 ** this.scale) * 2 * base) / (1 + base);
  }

  /** Sum of all durations in whole ns; exact up to 2^53, the nearest double beyond. */
  get sum(): number {
    return this.#sumHigh * CARRY + this.#sumLow;
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }

  get min(): number | null {
    return this.count === 0 ? null : this.#min;
  }

  get max(): number | null {
    return this.count === 0 ? null : this.#max;
  }

  /** The counts without empty ends; two histograms of the same values give equal buckets. */
  toBuckets(): Buckets {
    const { start, end } = usedRange(this.#counts);
    return {
      scale: this.scale,
      offset: start === end ? 0 : this.#offset + start,
      counts: Array.from(this.#counts.subarray(start, end)),
      zeroCount: this.zeroCount,
      sum: this.sum,
      min: this.min,
      max: this.max,
    };
  }

  /** The histogram that `toBuckets` described. */
  static fromBuckets(buckets: Buckets): ExponentialHistogram {
    const made = new ExponentialHistogram(buckets.scale);
    made.zeroCount = buckets.zeroCount;
    made.count = buckets.counts.reduce((a, b) => a + b, buckets.zeroCount);
    made.#addToSum(0, buckets.sum);
    made.#min = buckets.min ?? Number.POSITIVE_INFINITY;
    made.#max = buckets.max ?? Number.NEGATIVE_INFINITY;
    made.#mergeCounts(buckets.offset, buckets.counts);
    return made;
  }
}

/** Indices around the counts that are not 0: [start, end). */
function usedRange(counts: ArrayLike<number>): { start: number; end: number } {
  let start = 0;
  let end = counts.length;
  while (start < end && counts[start] === 0) start++;
  while (end > start && counts[end - 1] === 0) end--;
  return { start, end };
}
