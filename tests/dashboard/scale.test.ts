import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, magnitudeScale, type Scale, shiftScale } from '../../dashboard/scale.ts';

/** What every axis has to be. */
function check({ at, ticks }: Scale, values: readonly number[]): void {
  const places = values.toSorted((a, b) => a - b).map(at);
  expect(places.every((place) => place >= 0 && place <= 1)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
  expect(ticks.every((tick) => Number.isFinite(tick))).toBe(true);
}

const most = 6;

describe('linearScale', () => {
  it('has round ticks, the ends and a little room beyond them', () => {
    const { at, ticks } = linearScale(0, 1, 5);
    expect(ticks.map((tick) => tick.toFixed(2))).toEqual(['0.00', '0.20', '0.40', '0.60', '0.80', '1.00']);
    expect(at(0)).toBeGreaterThan(0);
    expect(at(1)).toBeLessThan(1);
    expect(at(0.5)).toBeCloseTo(0.5, 9);
    expect(at(100)).toBe(1);
  });

  it('stands in the middle where there is one value only', () => {
    expect(linearScale(0, 0, 5).at(0)).toBeCloseTo(0.5, 9);
  });
});

describe('magnitudeScale', () => {
  it('gives every power of ten the same room', () => {
    const { at, ticks } = magnitudeScale([1_000, 1_000_000], most);
    expect(ticks).toEqual([1_000, 10_000, 100_000, 1_000_000]);
    expect(at(10_000) - at(1_000)).toBeCloseTo(at(1_000_000) - at(100_000), 9);
  });

  it('has round ticks within one power of ten as well', () => {
    expect(magnitudeScale([620, 1_250], most).ticks).toEqual([800, 1_000, 1_200]);
  });

  it('has a place for 0, as the transfer of a short body takes', () => {
    const { at, ticks } = magnitudeScale([0, 500, 50_000], most);
    expect(ticks).toEqual([0, 100, 1_000, 10_000]);
    expect(at(0)).toBeLessThan(at(500));
    check(magnitudeScale([0, 0], most), [0]);
  });

  it('is in order and bounded for any times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e10), { minLength: 1 }), (values) => check(magnitudeScale(values, most), values)),
    );
  });
});

describe('shiftScale', () => {
  const row = (bandLow: number, bandHigh: number) => ({ bandLow, bandHigh });

  it('is even where all layers can be seen beside the largest, 0 always on it', () => {
    const { at, ticks, evenTo } = shiftScale([row(10_000, 90_000), row(-4_000, 5_000)], most);
    expect(evenTo).toBeNull();
    expect(at(80_000) - at(40_000)).toBeCloseTo(at(40_000) - at(0), 9);
    expect(ticks).toContain(0);
    expect(shiftScale([row(80_000, 90_000)], most).ticks).toContain(0);
  });

  it('goes by the order of magnitude where the smallest would be invisible, on both sides of 0', () => {
    const { at, ticks, evenTo } = shiftScale([row(-2_000_000, 2_000_000), row(-30, 20)], most);
    expect(evenTo).toBe(10);
    expect(ticks).toEqual([-1e6, -1e5, -1e4, -1e3, -100, -10, 0, 10, 100, 1e3, 1e4, 1e5, 1e6]);
    expect(at(30) - at(0)).toBeGreaterThan(0.03);
    expect(at(0)).toBeCloseTo(0.5, 9);
    expect(at(1e6) - at(1e5)).toBeCloseTo(at(1e5) - at(1e4), 3);
  });

  it('does not spend the room on what no clock tells apart', () => {
    expect(shiftScale([row(-1e9, 1e9), row(-1, 1)], most).evenTo).toBe(10_000);
    check(shiftScale([], most), [0]);
    check(shiftScale([row(0, 0)], most), [0]);
  });

  it('is in order and bounded for any bands', () => {
    const band = fc.tuple(fc.integer(), fc.nat()).map(([from, size]) => row(from, from + size));
    fc.assert(
      fc.property(fc.array(band), (rows) =>
        check(
          shiftScale(rows, most),
          rows.flatMap(({ bandLow, bandHigh }) => [bandLow, bandHigh]),
        ),
      ),
    );
  });
});
