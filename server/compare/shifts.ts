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

/** Shifts of b against a, for the layers both have and the quantiles that both have values for. */
export function shiftsOf(a: Sample, b: Sample, options: ShiftOptions = {}): Shift[] {
  const { seed = 1, draws = 1000, confidence = 0.95, quantiles = QUANTILES } = options;
  const [blocksA, blocksB] = blocksOf(rowsOf(a), rowsOf(b), options.rounds ?? 0);
  const draw = { quantiles, draws, blocksA, blocksB, isPaired: isPaired(options.rounds ?? 0) };
  const cells = [...a].flatMap(([layer, values]) => cellsOf(layer, values, b.get(layer), draw));
  drawAll(cells, draw, seededRandom(seed));
  return intervals(cells, Math.min(blocksA, blocksB), draws, confidence);
}

interface Draw {
  isPaired: boolean;
  quantiles: readonly number[];
  draws: number;
  blocksA: number;
  blocksB: number;
}

/** One for each quantile that both samples have enough values beyond. */
function cellsOf(layer: string, valuesA: Float64Array, valuesB: Float64Array | undefined, draw: Draw): Cell[] {
  if (!valuesB) return [];
  const [a, b] = [blockBins(valuesA, draw.blocksA), blockBins(valuesB, draw.blocksB)];
  const [onceA, onceB] = [new Float64Array(draw.blocksA).fill(1), new Float64Array(draw.blocksB).fill(1)];
  const smaller = Math.min(sizeOf(a), sizeOf(b));
  const quantiles = draw.quantiles.filter((quantile) => smaller * (1 - quantile) >= BEYOND);
  const [exactA, exactB] = [exactQuantiles(valuesA, quantiles), exactQuantiles(valuesB, quantiles)];
  return quantiles.map((quantile, n) => ({
    ...{ layer, quantile, a, b, nearA: { bin: 0 }, nearB: { bin: 0 } },
    exactA: exactA[n]!,
    exactB: exactB[n]!,
    shift: weightedQuantile(b, onceB, quantile) - weightedQuantile(a, onceA, quantile),
    draws: new Float64Array(draw.draws),
  }));
}

function rowsOf(sample: Sample): number {
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
