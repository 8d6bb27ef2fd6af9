/**
 * How far two samples are apart at several quantiles, with intervals that hold
 * for requests that resemble their neighbours in time: blocks of neighbours
 * are drawn, not requests (Künsch, The jackknife and the bootstrap for general
 * stationary observations, 1989). All layers are drawn together, so the
 * largest deviation of any of them in a draw is known, and with it a band that
 * holds for all layers and quantiles at once (Romano and Wolf, Exact and
 * approximate stepdown methods, 2005).
 */
import type { Shift } from '../wire/compare-views.ts';
import { type BlockBins, blockBins, type Near, sizeOf, weightedQuantile } from './block-bins.ts';
import { blocksOf, drawnBlocks, isPaired } from './block-draws.ts';
import { exactQuantiles } from './exact-quantiles.ts';
import { normalQuantile, studentQuantile } from './normal.ts';
import { seededRandom } from './random.ts';

export const QUANTILES = [0.5, 0.9, 0.99, 0.999] as const;

/** The same rows in every layer, in order of time; ns, NaN where not measured. */
export type Sample = ReadonlyMap<string, Float64Array>;

export interface ShiftOptions {
  seed?: number;
  draws?: number;
  /** Rounds of an experiment in which both samples were taken in turn: see {@link blocksOf}. 0 where they were not. */
  rounds?: number;
  confidence?: number;
  quantiles?: readonly number[];
}

/** So many values beyond a quantile are expected before it is estimated: fewer say little, and no interval about them holds. */
const BEYOND = 20;
const POWER = 0.8;

interface Cell {
  layer: string;
  quantile: number;
  a: BlockBins;
  b: BlockBins;
  nearA: Near;
  nearB: Near;
  exactA: number;
  exactB: number;
  /** By the bins, as every draw is. */
  shift: number;
  draws: Float64Array;
}

/** What is to be known of a layer of one sample. */
export interface LayerSample {
  bins: BlockBins;
  /** Along the quantiles that were asked for, ns. */
  exact: number[];
}

export function layerSamples(
  sample: Sample,
  blocks: number,
  quantiles: readonly number[] = QUANTILES,
): Map<string, LayerSample> {
  const of = (values: Float64Array) => ({ bins: blockBins(values, blocks), exact: exactQuantiles(values, quantiles) });
  return new Map([...sample].map(([layer, values]) => [layer, of(values)]));
}

/** Shifts of b against a, for the layers both have and the quantiles that both have values for. */
export function shiftsOf(a: Sample, b: Sample, options: ShiftOptions = {}): Shift[] {
  const [blocksA, blocksB] = blocksOf(rowsOf(a), rowsOf(b), options.rounds ?? 0);
  const { quantiles } = options;
  return shiftsBetween(layerSamples(a, blocksA, quantiles), layerSamples(b, blocksB, quantiles), options);
}

/** The same of what was made of both before. */
export function shiftsBetween(
  a: ReadonlyMap<string, LayerSample>,
  b: ReadonlyMap<string, LayerSample>,
  options: ShiftOptions = {},
): Shift[] {
  const { seed = 1, draws = 1000, confidence = 0.95, quantiles = QUANTILES } = options;
  const [blocksA, blocksB] = [blocksIn(a), blocksIn(b)];
  const draw = { quantiles, draws, blocksA, blocksB, isPaired: isPaired(options.rounds ?? 0) };
  const cells = [...a].flatMap(([layer, of]) => cellsOf(layer, of, b.get(layer), draw));
  drawAll(cells, draw, seededRandom(seed));
  return intervals(cells, Math.min(blocksA, blocksB), draws, confidence);
}

function blocksIn(sample: ReadonlyMap<string, LayerSample>): number {
  return sample.values().next().value?.bins.blocks ?? 0;
}

interface Draw {
  isPaired: boolean;
  quantiles: readonly number[];
  draws: number;
  blocksA: number;
  blocksB: number;
}

/** One for each quantile that both samples have enough values beyond. */
function cellsOf(layer: string, ofA: LayerSample, ofB: LayerSample | undefined, draw: Draw): Cell[] {
  if (!ofB) return [];
  const [a, b] = [ofA.bins, ofB.bins];
  const [onceA, onceB] = [new Float64Array(draw.blocksA).fill(1), new Float64Array(draw.blocksB).fill(1)];
  const smaller = Math.min(sizeOf(a), sizeOf(b));
  return draw.quantiles.flatMap((quantile, n): Cell[] => {
    if (!(smaller * (1 - quantile) >= BEYOND)) return [];
    const shift = weightedQuantile(b, onceB, quantile) - weightedQuantile(a, onceA, quantile);
    const near = { nearA: { bin: 0 }, nearB: { bin: 0 } };
    const [exactA, exactB] = [ofA.exact[n]!, ofB.exact[n]!];
    return [{ layer, quantile, a, b, ...near, exactA, exactB, shift, draws: new Float64Array(draw.draws) }];
  });
}

/** As many in every layer. */
export function rowsOf(sample: Sample): number {
  return sample.values().next().value?.length ?? 0;
}

function drawAll(cells: readonly Cell[], draw: Draw, random: () => number): void {
  for (let at = 0; at < draw.draws; at++) {
    const weightsA = drawnBlocks(draw.blocksA, random);
    const weightsB = draw.isPaired ? weightsA : drawnBlocks(draw.blocksB, random);
    for (const cell of cells) {
      const { a, b, quantile } = cell;
      cell.draws[at] =
        weightedQuantile(b, weightsB, quantile, cell.nearB) - weightedQuantile(a, weightsA, quantile, cell.nearA);
    }
  }
}

/**
 * Few blocks know their own scatter badly: the standard error grows by
 * sqrt(k / (k - 1)), and Student's t takes the place of the normal.
 */
function intervals(cells: readonly Cell[], blocks: number, draws: number, confidence: number): Shift[] {
  const tail = 0.5 + confidence / 2;
  const wider = studentQuantile(tail, blocks - 1) / normalQuantile(tail);
  const errors = cells.map((cell) => deviation(cell) * Math.sqrt(blocks / (blocks - 1)));
  const largest = new Float64Array(draws);
  for (const cell of cells) {
    const error = deviation(cell);
    if (!(error > 0)) continue;
    for (let draw = 0; draw < draws; draw++) {
      const distance = Math.abs(cell.draws[draw]! - cell.shift) / error;
      if (distance > largest[draw]!) largest[draw] = distance;
    }
  }
  largest.sort();
  const alone = normalQuantile(tail) * wider;
  const together = Math.max(alone, (largest[Math.ceil(confidence * draws) - 1] ?? alone) * wider);
  return cells.map(({ layer, quantile, exactA, exactB, shift }, n) => {
    const error = errors[n]!;
    return {
      ...{ layer, quantile, a: exactA, b: exactB, shift },
      ...{ low: shift - alone * error, high: shift + alone * error },
      ...{ bandLow: shift - together * error, bandHigh: shift + together * error },
      detectable: (together + normalQuantile(POWER)) * error,
    };
  });
}

/** Root mean square distance of the draws from the sample's own shift. */
function deviation({ draws, shift }: Cell): number {
  let sum = 0;
  for (const each of draws) sum += (each - shift) ** 2;
  return Math.sqrt(sum / draws.length);
}
