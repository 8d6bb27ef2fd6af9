import { describe, expect, it } from 'vitest';
import { outline, type Pen, type Piece, type Point, pieces } from '../../dashboard/chart-stack.ts';

/** One px a second, and one px a ns upwards. */
const SCALES = { x: { getPixelForValue: (s: number) => s }, y: { getPixelForValue: (ns: number) => -ns } };

/** Layers on top of one another, the first at the foot; NaN is a second without a row. */
function stacked(layers: readonly (readonly number[])[]): Point[][] {
  const below = layers[0]!.map(() => 0);
  return layers.map((values) =>
    values.map((own, x) => {
      below[x] = below[x]! + own;
      return { x, y: below[x]!, own };
    }),
  );
}

/** Numbers that look like chance and are the same in every run. */
function scattered(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i + 1) * 7_919 * seed + i * i * 104_729) % 1_000);
}

function cornersOf(points: readonly Point[], piece: Piece): [x: number, y: number][] {
  const corners: [number, number][] = [];
  let closed = 0;
  const pen: Pen = {
    moveTo: (x, y) => corners.push([x, y]),
    lineTo: (x, y) => corners.push([x, y]),
    closePath: () => {
      closed++;
    },
  };
  outline(pen, SCALES, points, piece);
  expect(closed).toBe(1);
  return corners;
}

/** Of a polygon, by its corners. */
function areaOf(corners: readonly (readonly [number, number])[]): number {
  const twice = corners.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}

const drawnArea = (points: readonly Point[], isHatched = (_: Point) => false): number =>
  pieces(points, isHatched).reduce((sum, piece) => sum + areaOf(cornersOf(points, piece)), 0);

/** What an area must be: straight lines between the values of seconds that are both there. */
function integral(values: readonly number[]): number {
  return values.slice(1).reduce((sum, value, i) => {
    const mean = (value + values[i]!) / 2;
    return Number.isNaN(mean) ? sum : sum + mean;
  }, 0);
}

describe('the pieces of an area', () => {
  const points = (values: readonly number[]) => stacked([values])[0]!;

  it('end where a second is missing; a second alone is none', () => {
    const all = pieces(points([1, 2, Number.NaN, 3, Number.NaN, 4, 5, 6]), () => false);
    expect(all.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [5, 7],
    ]);
    expect(pieces(points([1]), () => false)).toEqual([]);
    expect(pieces([], () => false)).toEqual([]);
  });

  it('change their look on the way to the point that has another', () => {
    const all = pieces(points([9, 9, 1, 1, 9]), ({ own }) => own < 5);
    expect(all).toEqual([
      { from: 0, to: 1, isHatched: false },
      { from: 1, to: 3, isHatched: true },
      { from: 3, to: 4, isHatched: false },
    ]);
  });

  it('join every two seconds that are there exactly once, in the look of the later one', () => {
    const values = scattered(500, 3).map((n) => (n % 11 === 0 ? Number.NaN : n));
    const isHatched = ({ own }: Point) => own < 300;
    const joined = pieces(points(values), isHatched).flatMap(({ from, to, isHatched: look }) =>
      Array.from({ length: to - from }, (_, i) => `${from + i}-${from + i + 1} ${look}`),
    );
    const expected = values.flatMap((own, at) =>
      at > 0 && !Number.isNaN(own + values[at - 1]!) ? [`${at - 1}-${at} ${own < 300}`] : [],
    );
    expect(joined).toEqual(expected);
    expect(expected.length).toBeGreaterThan(300);
  });
});

describe('a stack of areas', () => {
  const layers = [1, 2, 3, 4].map((seed) => scattered(200, seed).map((n, i) => (i % 37 === 5 ? Number.NaN : n)));
  const stack = stacked(layers);

  it('has of each layer as much as its values are, whatever lies below and however it looks', () => {
    for (const [i, points] of stack.entries()) {
      expect(drawnArea(points)).toBeCloseTo(integral(layers[i]!), 6);
      expect(drawnArea(points, ({ own }) => own % 2 === 0)).toBeCloseTo(integral(layers[i]!), 6);
    }
  });

  it('has all layers together as much as lies below its top', () => {
    const whole = layers[0]!.map((_, at) => layers.reduce((sum, values) => sum + values[at]!, 0));
    const drawn = stack.reduce((sum, points) => sum + drawnArea(points), 0);
    expect(drawn).toBeCloseTo(integral(whole), 6);
  });

  it('has the foot of each layer on the top of the one below', () => {
    for (const [i, points] of stack.entries()) {
      for (const piece of pieces(points, () => false)) {
        const corners = cornersOf(points, piece);
        const foot = corners.slice(corners.length / 2).toReversed();
        const below = foot.map(([x]) => (i === 0 ? 0 : -stack[i - 1]![x]!.y));
        expect(foot.map(([, y]) => y + 0)).toEqual(below);
      }
    }
  });
});
