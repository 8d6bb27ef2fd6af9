/**
 * A sample cut into blocks of neighbours in time, each block as a histogram:
 * what a block bootstrap needs to find a quantile of any resample without
 * touching the values again.
 */

/** Bins an octave: 64 make a bin 1.1 % wide. They follow the bits of a double, so that no logarithm is taken. */
const BINS_BITS = 6;
const SHIFT = 20 - BINS_BITS;
/** Bin of 1 ns; what is below (0) counts there too. */
const FIRST_BIN = 1023 << BINS_BITS;
/** Up to 2^40 ns, eighteen minutes. */
const BINS = 40 << BINS_BITS;

/** A word of a double holds sign, exponent and the highest bits of its fraction. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

export interface BlockBins {
  readonly blocks: number;
  /** Values of each block; NaN is none. */
  readonly sizes: Float64Array;
  /** bin × blocks: values of the block in this bin and all before it. */
  readonly below: Float64Array;
  /** Mean of the values in each bin, ns; NaN where there is none. */
  readonly means: Float64Array;
}

/** How many blocks a sample of `rows` is cut into: enough to tell their scatter, each much longer than requests remember. */
export function blocksFor(rows: number): number {
  return Math.max(2, Math.min(48, Math.round(Math.sqrt(rows) / 4)));
}

/** @param values ns, one per row in order of time, NaN where not measured */
export function blockBins(values: Float64Array, blocks: number): BlockBins {
  const below = new Float64Array(BINS * blocks);
  const sizes = new Float64Array(blocks);
  const means = new Float64Array(BINS);
  const counts = new Float64Array(BINS);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    const block = Math.floor((row * blocks) / values.length);
    const bin = binOf(value);
    below[bin * blocks + block]! += 1;
    sizes[block]! += 1;
    means[bin]! += value;
    counts[bin]! += 1;
  }
  for (let bin = 0; bin < BINS; bin++) means[bin]! /= counts[bin]!;
  for (let at = blocks; at < below.length; at++) below[at]! += below[at - blocks]!;
  return { blocks, sizes, below, means };
}

/**
 * Quantile of the sample in which block b comes `weights[b]` times (whole
 * numbers); NaN when that holds no value. By the mid-distribution function,
 * whose quantiles are normal in the limit where values repeat, too: a timer's
 * resolution makes others jump (Ma, Genton, Parzen, Asymptotic properties of
 * sample quantiles of discrete distributions, 2011).
 * @param near where the one before was found: resamples differ little
 */
export function weightedQuantile(
  bins: BlockBins,
  weights: Float64Array,
  quantile: number,
  near: Near = { bin: 0 },
): number {
  const size = dot(bins.sizes, 0, weights);
  const wanted = quantile * size;
  if (!(wanted > 0)) return Number.NaN;
  const here = binAt(bins, weights, wanted, near);
  const isAbove = wanted >= here.middle;
  if (isAbove ? here.upTo === size : here.before === 0) return here.value;
  const next = binAt(bins, weights, isAbove ? here.upTo + 1 : here.before, { bin: near.bin });
  return here.value + ((next.value - here.value) * (wanted - here.middle)) / (next.middle - here.middle);
}

/** How many values there are. */
export function sizeOf({ sizes }: BlockBins): number {
  return sizes.reduce((sum, each) => sum + each, 0);
}

/** The bin in which the last quantile was found. */
export interface Near {
  bin: number;
}

interface Bin {
  /** Mean of its values, ns. */
  value: number;
  /** Values before it, up to its own middle, and with it. */
  before: number;
  middle: number;
  upTo: number;
}

function binAt(bins: BlockBins, weights: Float64Array, wanted: number, near: Near): Bin {
  const bin = firstBin(bins, weights, wanted, near.bin);
  near.bin = bin;
  const upTo = dot(bins.below, bin * bins.blocks, weights);
  const before = bin === 0 ? 0 : dot(bins.below, (bin - 1) * bins.blocks, weights);
  return { value: bins.means[bin]!, before, middle: (before + upTo) / 2, upTo };
}

/** The first bin up to which there are `wanted` values: in steps that double from `near` on, then by halves. */
function firstBin({ blocks, below }: BlockBins, weights: Float64Array, wanted: number, near: number): number {
  const isUpTo = (bin: number) => dot(below, bin * blocks, weights) >= wanted;
  let [low, high] = [near, near];
  if (isUpTo(near)) for (let step = 1; low > 0 && isUpTo(low); step *= 2) [low, high] = [Math.max(0, low - step), low];
  else
    for (let step = 1; high < BINS - 1 && !isUpTo(high); step *= 2)
      [low, high] = [high + 1, Math.min(BINS - 1, high + step)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isUpTo(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function binOf(value: number): number {
  double[0] = value;
  return Math.max(0, Math.min(BINS - 1, (words[1]! >>> SHIFT) - FIRST_BIN));
}

function dot(values: Float64Array, at: number, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += values[at + i]! * weights[i]!;
  return sum;
}
