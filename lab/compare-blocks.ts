/** In which order a comparison visits its variants. */
import { shuffled } from './plant-blocks.ts';

/**
 * Each round visits every variant once. Two rounds together are a random order and its mirror image (A B B A,
 * or B A A B): what drifts evenly over them meets all variants alike, and nobody can foresee who is next.
 * @param random in [0, 1)
 * @returns the variant of each block, by index
 */
export function blockOrder(variants: number, rounds: number, random: () => number): number[] {
  const all = Array.from({ length: variants }, (_, variant) => variant);
  const order: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    order.push(round % 2 === 0 ? shuffled(all, random) : order[round - 1]!.toReversed());
  }
  return order.flat();
}
