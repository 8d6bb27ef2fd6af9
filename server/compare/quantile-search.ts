/**
 * Exact quantiles of more values than should be in memory: a sample of them
 * tells about where each quantile lies, then all of them are looked at once.
 * Those near a quantile are kept, the others only counted.
 */
import { exactQuantiles } from './exact-quantiles.ts';

/** Bins an octave: 256 make a bin 0.4 % wide. They follow the bits of a double. */
const BINS_BITS = 8;
const SHIFT = 20 - BINS_BITS;
/** Bin of 1; what is below counts there too. */
const FIRST_BIN = 1023 << BINS_BITS;
/** Up to 2^40; what is above counts in the last one. */
const BINS = 40 << BINS_BITS;
/** Standard errors by which a quantile of the sample may be wrong: a round more is seldom needed. */
const REACH = 6;

export class QuantileSearch {
  readonly #quantiles: readonly number[];
  /** By bin: its stretch. A stretch is some neighbouring bins that are all kept, or all only counted. */
  readonly #stretchOf = new Uint16Array(BINS);
  #counts = new Float64Array(0);
  /** By stretch: its values, null where they are only counted. */
  #kept: (Kept | null)[] = [];

  /** @param quantiles each above 0 and up to 1 @param sample of the values, NaN is none */
  constructor(quantiles: readonly number[], sample: Float64Array) {
    this.#quantiles = quantiles;
    this.#divide(keptBins(quantiles, sample));
  }

  /** Some of the values; NaN is none. */
  add(values: Float64Array): void {
    const highWords = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    const [stretchOf, counts, kept] = [this.#stretchOf, this.#counts, this.#kept];
    for (let row = 0; row < values.length; row++) {
      const value = values[row]!;
      if (Number.isNaN(value)) continue;
      const stretch = stretchOf[binOf(value, highWords[2 * row + 1]!)]!;
      counts[stretch]! += 1;
      kept[stretch]?.add(value);
    }
  }

  /** How many were added. */
  get size(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The value of rank ceil(q n) of the n values, for each q; NaN where there is none.
   * Null where the sample misled: all values have to be added once more then.
   */
  found(): number[] | null {
    const places = this.#quantiles.map((quantile) => this.#placeOf(Math.ceil(quantile * this.size) - 1));
    const missed = new Set(places.map(({ stretch }) => stretch).filter((stretch) => this.#kept[stretch] === null));
    if (missed.size === 0) return places.map(({ stretch, at }) => this.#kept[stretch]?.at(at) ?? Number.NaN);
    this.#divide(
      Uint8Array.from(this.#stretchOf, (stretch) => (missed.has(stretch) || this.#kept[stretch] !== null ? 1 : 0)),
    );
    return null;
  }

  /** Where nothing has this rank, stretch -1. */
  #placeOf(rank: number): { stretch: number; at: number } {
    let at = rank;
    for (const [stretch, count] of this.#counts.entries()) {
      if (at >= 0 && at < count) return { stretch, at };
      at -= count;
    }
    return { stretch: -1, at: -1 };
  }

  #divide(isKept: Uint8Array): void {
    this.#kept = [];
    for (let bin = 0; bin < BINS; bin++) {
      if (bin === 0 || isKept[bin] !== isKept[bin - 1]) this.#kept.push(isKept[bin] === 1 ? new Kept() : null);
      this.#stretchOf[bin] = this.#kept.length - 1;
    }
    this.#counts = new Float64Array(this.#kept.length);
  }
}

/** Values of any number; as long as all are the same, as where nothing took any time, one of them. */
class Kept {
  #values = new Float64Array(0);
  #same = Number.NaN;
  #count = 0;

  add(value: number): void {
    if (this.#count === 0) this.#same = value;
    else if (this.#values.length > 0 || !Object.is(value, this.#same)) this.#put(value);
    this.#count++;
  }

  #put(value: number): void {
    if (this.#count >= this.#values.length) {
      const larger = new Float64Array(2 * this.#count + 64);
      if (this.#values.length === 0) larger.fill(this.#same, 0, this.#count);
      else larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count] = value;
  }

  /** The value of a rank. */
  at(rank: number): number {
    if (this.#values.length === 0) return this.#same;
    return exactQuantiles(this.#values.subarray(0, this.#count), [(rank + 0.5) / this.#count])[0]!;
  }
}

/** 1 where a quantile may lie, by what the sample says. */
function keptBins(quantiles: readonly number[], sample: Float64Array): Uint8Array {
  const isKept = new Uint8Array(BINS);
  const size = sample.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
  if (size === 0) return isKept.fill(1);
  const ends = quantiles.flatMap((quantile) => {
    const error = (REACH * Math.sqrt(quantile * (1 - quantile) * size) + REACH) / size;
    return [Math.max(1 / size, quantile - error), quantile + error];
  });
  const values = exactQuantiles(
    sample,
    ends.map((end) => Math.min(1, end)),
  );
  for (let i = 0; i < ends.length; i += 2) {
    const last = ends[i + 1]! >= 1 ? BINS - 1 : binOfValue(values[i + 1]!);
    isKept.fill(1, binOfValue(values[i]!), last + 1);
  }
  return isKept;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

function binOfValue(value: number): number {
  double[0] = value;
  return binOf(value, words[1]!);
}

/** @param highWord of the double: sign, exponent and the highest bits of its fraction */
function binOf(value: number, highWord: number): number {
  if (value < 1) return 0;
  const bin = (highWord >>> SHIFT) - FIRST_BIN;
  return bin < BINS ? bin : BINS - 1;
}
