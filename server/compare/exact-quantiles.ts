/**
 * Quantiles as sorting all values would give them, without sorting them all:
 * they are counted in narrow bins, and only bins in which a wanted one lies
 * are sorted.
 */

/** Bins an octave: 1024 make a bin 0.1 % wide. They follow the bits of a double, so that no logarithm is taken. */
const BINS_BITS = 10;
const SHIFT = 20 - BINS_BITS;
/** Bin of 1; what is below counts there too. */
const FIRST_BIN = 1023 << BINS_BITS;
/** Up to 2^40; what is above counts in the last one. */
const BINS = 40 << BINS_BITS;

/**
 * The value of rank ceil(q n) of the n values that are not NaN, for each q; NaN where there is none.
 * @param quantiles each above 0 and up to 1, in any order
 */
export function exactQuantiles(values: Float64Array, quantiles: readonly number[]): number[] {
  const counts = binCounts(values);
  const size = counts.reduce((sum, count) => sum + count, 0);
  const places = placesOf(
    counts,
    quantiles.map((quantile) => Math.ceil(quantile * size) - 1),
  );
  const sorted = gathered(values, counts, new Set(places.map(({ bin }) => bin)));
  return places.map(({ bin, at }) => sorted.get(bin)?.[at] ?? Number.NaN);
}

/** A word of a double holds sign, exponent and the highest bits of its fraction. */
function highWords({ buffer, byteOffset, length }: Float64Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, 2 * length);
}

function binOf(value: number, highWord: number): number {
  if (value < 1) return 0;
  const bin = (highWord >>> SHIFT) - FIRST_BIN;
  return bin < BINS ? bin : BINS - 1;
}

function binCounts(values: Float64Array): Uint32Array {
  const words = highWords(values);
  const counts = new Uint32Array(BINS);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (!Number.isNaN(value)) counts[binOf(value, words[2 * row + 1]!)]! += 1;
  }
  return counts;
}

interface Place {
  bin: number;
  /** Among the sorted values of the bin. */
  at: number;
}

function placesOf(counts: Uint32Array, ranks: readonly number[]): Place[] {
  const places = ranks.map((rank): Place => ({ bin: -1, at: rank }));
  const order = places.toSorted((a, b) => a.at - b.at);
  let [bin, before] = [0, 0];
  for (const place of order) {
    const rank = place.at;
    while (bin < BINS && before + counts[bin]! <= rank) before += counts[bin++]!;
    Object.assign(place, { bin, at: rank - before });
  }
  return places;
}

/** The values of some bins, sorted. */
function gathered(values: Float64Array, counts: Uint32Array, bins: ReadonlySet<number>): Map<number, Float64Array> {
  const all = [...bins].map((bin) => new Float64Array(counts[bin] ?? 0));
  const filled = new Uint32Array(all.length);
  /** Place of a bin in `all` and one more; 0 is none. */
  const placeOf = new Uint16Array(BINS);
  for (const [i, bin] of [...bins].entries()) placeOf[bin] = i + 1;
  const words = highWords(values);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    const place = placeOf[binOf(value, words[2 * row + 1]!)]! - 1;
    if (place >= 0 && !Number.isNaN(value)) all[place]![filled[place]!++] = value;
  }
  return new Map([...bins].map((bin, i) => [bin, all[i]!.sort()]));
}
