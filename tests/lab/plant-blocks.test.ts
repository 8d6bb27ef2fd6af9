import { describe, expect, it } from 'vitest';
import { blockPattern, pathsByBlock, seededRandom, shuffled, stoodStill } from '../../lab/plant-blocks.ts';
import type { PathView } from '../../server/wire/views.ts';

const path = (atMs: number, complete = true) => ({ atMs, complete }) as PathView;

describe('seededRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const take = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it('is spread evenly over [0, 1)', () => {
    const random = seededRandom(1);
    const tenths = new Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n++) tenths[Math.floor(random() * 10)]!++;
    expect(Math.min(...tenths)).toBeGreaterThan(900);
    expect(Math.max(...tenths)).toBeLessThan(1100);
  });
});

describe('shuffled', () => {
  it('keeps every item and leaves the original alone', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const mixed = shuffled(items, seededRandom(3));
    expect(mixed).not.toEqual(items);
    expect(mixed.toSorted()).toEqual(items);
  });
});

describe('blockPattern', () => {
  it('has one planted block in each pair, in both orders', () => {
    const pattern = blockPattern(32, seededRandom(5));
    const pairs = Array.from({ length: 32 }, (_, n) => [pattern[2 * n], pattern[2 * n + 1]].join());
    expect(new Set(pairs)).toEqual(new Set(['true,false', 'false,true']));
  });
});

describe('pathsByBlock', () => {
  const plan = { fromMs: 1000, blockMs: 300, blocks: [true, false] };

  it('puts a path into the block it ran in', () => {
    expect(pathsByBlock([path(1100), path(1400), path(1450)], plan).map((block) => block.length)).toEqual([1, 2]);
  });

  it('leaves out what is near an edge, before, behind, or incomplete', () => {
    const out = [path(999), path(1010), path(1270), path(1310), path(1590), path(1700), path(1100, false)];
    expect(pathsByBlock(out, plan).flat()).toEqual([]);
  });
});

describe('stoodStill', () => {
  const plan = { fromMs: 1000, blockMs: 300, blocks: [true, false] };
  const at = (atMs: number, endToEndMs = 25) => ({ atMs, endToEndNs: endToEndMs * 1e6 }) as PathView;
  const steady = Array.from({ length: 20 }, (_, n) => at(1000 + n * 30));

  it('is false while requests come and are answered, however late they are planted to be', () => {
    expect(stoodStill(steady, plan)).toBe(false);
  });

  it('is true where none came for a while, none at all, or one took too long', () => {
    expect(stoodStill([...steady.slice(0, 8), ...steady.slice(12)], plan)).toBe(true);
    expect(stoodStill([], plan)).toBe(true);
    expect(stoodStill([...steady, at(1100, 200)], plan)).toBe(true);
  });

  it('does not mind what came behind the last block', () => {
    expect(stoodStill([...steady, at(1700, 500)], plan)).toBe(false);
  });
});
