/**
 * Which layers carry the difference of the means. Only means add up: the
 * layers of a path telescope, so the shares of those that do come to one.
 */
import type { Share } from '../wire/compare-views.ts';
import { blocksOf, drawnBlocks, isPaired } from './block-draws.ts';
import { studentQuantile } from './normal.ts';
import { seededRandom } from './random.ts';
import type { Sample } from './shifts.ts';

export interface ShareOptions {
  seed?: number;
  draws?: number;
  /** As ShiftOptions has it. */
  rounds?: number;
  confidence?: number;
}

/** Sums of a layer, block by block, over the rows in which every layer was measured. */
export interface BlockSums {
  sums: Map<string, Float64Array>;
  counts: Float64Array;
}

/** There are fewer blocks than this. */
const NOT_WHOLE = 0xffff;

/** One for each layer of both samples, in the order of `a`; their rows are the same requests. */
export function sharesOf(a: Sample, b: Sample, options: ShareOptions = {}): Share[] {
  const layers = [...a.keys()].filter((layer) => b.has(layer));
  const [rowsA, rowsB] = [a, b].map((sample) => sample.get(layers[0] ?? '')?.length ?? 0) as [number, number];
  const [blocksA, blocksB] = blocksOf(rowsA, rowsB, options.rounds ?? 0);
  return sharesBetween(blockSums(a, layers, blocksA), blockSums(b, layers, blocksB), options);
}

/** The same of the sums of both, which are of the same layers. */
export function sharesBetween(sumsA: BlockSums, sumsB: BlockSums, options: ShareOptions = {}): Share[] {
  const { seed = 1, draws = 1000, rounds = 0, confidence = 0.95 } = options;
  const layers = [...sumsA.sums.keys()];
  const shifts = layers.map((layer) => meanOf(sumsB, layer) - meanOf(sumsA, layer));
  const deviations = scatter(layers, shifts, sumsA, sumsB, { draws, rounds, random: seededRandom(seed) });
  const blocks = Math.min(sumsA.counts.length, sumsB.counts.length);
  const reach = studentQuantile(0.5 + confidence / 2, Math.max(3, blocks - 1)) * Math.sqrt(blocks / (blocks - 1));
  const total = shifts.reduce((sum, shift) => sum + shift, 0);
  const isDistinct = Math.abs(total) > reach * deviations.total;
  return layers.map((layer, n) => {
    const shift = shifts[n]!;
    const error = reach * deviations.layers[n]!;
    return { layer, shift, low: shift - error, high: shift + error, share: isDistinct ? shift / total : null };
  });
}

export function blockSums(sample: Sample, layers: readonly string[], blocks: number): BlockSums {
  const columns = layers.map((layer) => sample.get(layer)!);
  const blockOf = wholeRows(columns, blocks);
  const counts = new Float64Array(blocks);
  for (const block of blockOf) if (block !== NOT_WHOLE) counts[block]! += 1;
  return { sums: new Map(layers.map((layer, n) => [layer, sumsOf(columns[n]!, blockOf, blocks)])), counts };
}

/** The block of each row; NOT_WHOLE where a layer was not measured. */
function wholeRows(columns: readonly Float64Array[], blocks: number): Uint16Array {
  const rows = columns[0]?.length ?? 0;
  const blockOf = new Uint16Array(rows);
  for (let row = 0; row < rows; row++) blockOf[row] = Math.floor((row * blocks) / rows);
  for (const values of columns) {
    for (let row = 0; row < rows; row++) if (Number.isNaN(values[row]!)) blockOf[row] = NOT_WHOLE;
  }
  return blockOf;
}

function sumsOf(values: Float64Array, blockOf: Uint16Array, blocks: number): Float64Array {
  const sums = new Float64Array(blocks);
  for (let row = 0; row < values.length; row++) {
    const block = blockOf[row]!;
    if (block !== NOT_WHOLE) sums[block]! += values[row]!;
  }
  return sums;
}

function meanOf({ sums, counts }: BlockSums, layer: string, weights?: Float64Array): number {
  const values = sums.get(layer)!;
  let [sum, count] = [0, 0];
  for (let block = 0; block < counts.length; block++) {
    const weight = weights?.[block] ?? 1;
    sum += weight * values[block]!;
    count += weight * counts[block]!;
  }
  return sum / count;
}

/** Root mean square distance of the draws from the shifts, and from their sum. */
function scatter(
  layers: readonly string[],
  shifts: readonly number[],
  a: BlockSums,
  b: BlockSums,
  { draws, rounds, random }: { draws: number; rounds: number; random: () => number },
): { layers: number[]; total: number } {
  const squares = layers.map(() => 0);
  let total = 0;
  for (let draw = 0; draw < draws; draw++) {
    const weightsA = drawnBlocks(a.counts.length, random);
    const weightsB = isPaired(rounds) ? weightsA : drawnBlocks(b.counts.length, random);
    let together = 0;
    for (const [n, layer] of layers.entries()) {
      const distance = meanOf(b, layer, weightsB) - meanOf(a, layer, weightsA) - shifts[n]!;
      squares[n]! += distance ** 2;
      together += distance;
    }
    total += together ** 2;
  }
  return { layers: squares.map((square) => Math.sqrt(square / draws)), total: Math.sqrt(total / draws) };
}
