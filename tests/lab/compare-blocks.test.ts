import { describe, expect, it } from 'vitest';
import { blockOrder } from '../../lab/compare-blocks.ts';
import { seededRandom } from '../../lab/plant-blocks.ts';

describe('blockOrder', () => {
  it('visits two variants as A B B A or B A A B, by coin', () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 50; seed++) found.add(blockOrder(2, 2, seededRandom(seed)).join(''));
    expect([...found].sort()).toEqual(['0110', '1001']);
  });

  it('gives every variant as many blocks as there are rounds, and each pair of rounds the same middle', () => {
    for (const variants of [2, 3, 5]) {
      const order = blockOrder(variants, 6, seededRandom(7));
      expect(order).toHaveLength(6 * variants);
      for (let pair = 0; pair < 3; pair++) {
        const blocks = order.slice(2 * variants * pair, 2 * variants * (pair + 1));
        expect(blocks).toEqual(blocks.toReversed());
        for (let variant = 0; variant < variants; variant++) {
          // A drift that grows by the block adds up to the same for each.
          const sum = blocks.reduce((total, other, at) => total + (other === variant ? at : 0), 0);
          expect(sum).toBe(2 * variants - 1);
        }
      }
    }
  });

  it('visits each variant once in an odd last round', () => {
    const order = blockOrder(3, 3, seededRandom(1));
    expect(order.slice(6).toSorted()).toEqual([0, 1, 2]);
  });

  it('is the same for the same seed, and another one for others', () => {
    const orders = [1, 1, 2, 3, 4].map((seed) => blockOrder(2, 20, seededRandom(seed)).join(''));
    expect(orders[0]).toBe(orders[1]);
    expect(new Set(orders).size).toBe(4);
  });
});
