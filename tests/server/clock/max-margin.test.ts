import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Points, points, reduceToHull } from '../../../server/clock/hull.ts';
import { extremeAt, feasibleSlopes, interceptRange } from '../../../server/clock/max-margin.ts';

type XY = [number, number];
const point = fc.tuple(fc.integer({ min: -500_000_000, max: 500_000_000 }), fc.integer({ min: 0, max: 200_000 }));
const MAX_SLOPE = 5e-4;

function filled(list: readonly XY[]): Points {
  const p = points(list.length);
  for (const [x, y] of list) {
    p.x[p.count] = x;
    p.y[p.count] = y;
    p.count++;
  }
  return p;
}

/** A corridor around the line y = slope·x: noise below for the lower points, above for the upper ones. */
function corridorAround(slope: number, below: XY[], above: XY[]) {
  const lower = filled(below.map(([x, noise]) => [x, slope * x - noise]));
  const upper = filled(above.map(([x, noise]) => [x, slope * x + noise]));
  return { lower, upper, maxSlope: MAX_SLOPE };
}

/** Free height of one slope by looking at every point. */
function heightAt(lower: XY[], upper: XY[], slope: number): number {
  const floor = Math.max(...lower.map(([x, y]) => y - slope * x));
  return Math.min(...upper.map(([x, y]) => y - slope * x)) - floor;
}

describe('reduceToHull', () => {
  it('keeps the extreme residual of every slope, whatever the order of the points', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 60 }), fc.constantFrom(1, -1), (list, side) => {
        const p = filled(list);
        reduceToHull(p, side as 1 | -1);
        for (const slope of [-MAX_SLOPE, -1e-5, 0, 3e-5, MAX_SLOPE]) {
          const all = Math.max(...list.map(([x, y]) => (side as number) * (y - slope * x)));
          const kept = Math.max(...Array.from({ length: p.count }, (_, i) => side * (p.y[i]! - slope * p.x[i]!)));
          expect(kept).toBeCloseTo(all, 3);
        }
      }),
    );
  });
});

describe('feasibleSlopes', () => {
  const sides = fc.array(point, { minLength: 1, maxLength: 30 });
  const slopes = fc.double({ min: -MAX_SLOPE, max: MAX_SLOPE, noNaN: true });

  it('finds a slope with at least the margin of the best of a fine grid', () => {
    fc.assert(
      fc.property(slopes, sides, sides, (truth, below, above) => {
        const corridor = corridorAround(truth, below, above);
        const found = feasibleSlopes(corridor);
        const lower = below.map(([x, n]): XY => [x, truth * x - n]);
        const upper = above.map(([x, n]): XY => [x, truth * x + n]);
        const grid = Array.from({ length: 401 }, (_, i) => -MAX_SLOPE + (i * MAX_SLOPE) / 200);
        const best = Math.max(...grid.map((s) => heightAt(lower, upper, s)));
        expect(found).not.toBeNull();
        const { lowest, highest } = interceptRange(corridor, found!.slope);
        expect(highest - lowest).toBeGreaterThanOrEqual(best - 1e-3);
      }),
    );
  });

  it('includes every slope of a grid that fits, and its extremes reach every line that fits', () => {
    fc.assert(
      fc.property(slopes, sides, sides, fc.integer({ min: -6e8, max: 6e8 }), (truth, below, above, x) => {
        const corridor = corridorAround(truth, below, above);
        const found = feasibleSlopes(corridor)!;
        for (let i = 0; i <= 100; i++) {
          const slope = -MAX_SLOPE + (i * MAX_SLOPE) / 50;
          const { lowest, highest } = interceptRange(corridor, slope);
          if (lowest > highest) continue;
          expect(slope).toBeGreaterThanOrEqual(found.minSlope);
          expect(slope).toBeLessThanOrEqual(found.maxSlope);
          expect(extremeAt(corridor, found, x, 1)).toBeGreaterThanOrEqual(highest + slope * x - 1e-3);
          expect(extremeAt(corridor, found, x, -1)).toBeLessThanOrEqual(lowest + slope * x + 1e-3);
        }
      }),
    );
  });

  it('has none where a lower point lies above an upper one beyond any allowed slope', () => {
    expect(feasibleSlopes({ lower: filled([[0, 1000]]), upper: filled([[1, 0]]), maxSlope: MAX_SLOPE })).toBeNull();
  });
});
