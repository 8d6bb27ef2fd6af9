/** Which blocks of two samples a resample has. */
import { blocksFor } from './block-bins.ts';

/** Fewer rounds than this know their own scatter too badly. */
const FEWEST_ROUNDS = 4;

/**
 * Whether what both samples met in a round (a busy machine, a cold cache) is the
 * same for both: then a round of one is drawn with the same round of the other,
 * and what they share leaves their difference alone.
 */
export function isPaired(rounds: number): boolean {
  return rounds >= FEWEST_ROUNDS;
}

/** How many blocks each sample is cut into; of paired ones as many, so that no block has two rounds. */
export function blocksOf(rowsA: number, rowsB: number, rounds: number): [a: number, b: number] {
  const [a, b] = [blocksFor(rowsA), blocksFor(rowsB)];
  if (!isPaired(rounds)) return [a, b];
  const blocks = rounds * Math.max(1, Math.floor(Math.min(a, b) / rounds));
  return [blocks, blocks];
}

/** How often each block comes in a resample of as many. */
export function drawnBlocks(blocks: number, random: () => number): Float64Array {
  const weights = new Float64Array(blocks);
  for (let i = 0; i < blocks; i++) weights[Math.floor(random() * blocks)]! += 1;
  return weights;
}
