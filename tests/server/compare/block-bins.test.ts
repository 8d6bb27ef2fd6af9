import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockBins, blocksFor, sizeOf, weightedQuantile } from '../../../server/compare/block-bins.ts';

/** The same by writing the resample out: mid-distribution quantile of all values. */
function obviousQuantile(values: readonly number[], quantile: number): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const middles = distinct.map((value) => {
    const below = values.filter((each) => each < value).length;
    return (below + values.filter((each) => each <= value).length) / 2;
  });
  const wanted = quantile * values.length;
  const at = middles.findIndex((middle) => middle >= wanted);
  if (at === 0) return distinct[0]!;
  if (at < 0) return distinct.at(-1)!;
  const share = (wanted - middles[at - 1]!) / (middles[at]! - middles[at - 1]!);
  return distinct[at - 1]! + share * (distinct[at]! - distinct[at - 1]!);
}

/** Powers of two: each has a bin of its own. */
const value = fc.integer({ min: 0, max: 39 }).map((power) => 2 ** power);

describe('a sample in blocks', () => {
  it('has the quantiles of every resample, as writing it out gives them', () => {
    const sample = fc.array(value, { minLength: 8, maxLength: 60 });
    const weights = fc.array(fc.nat(3), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(sample, weights, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (values, times, quantile) => {
        const blockOf = (row: number) => Math.floor((row * 4) / values.length);
        const written = values.flatMap((each, row) => Array.from({ length: times[blockOf(row)]! }, () => each));
        fc.pre(written.length > 0);
        const found = weightedQuantile(blockBins(Float64Array.from(values), 4), Float64Array.from(times), quantile);
        const expected = obviousQuantile(written, quantile);
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(expected * 1e-9);
      }),
    );
  });

  it('leaves out what was not measured', () => {
    const bins = blockBins(Float64Array.of(Number.NaN, 4, Number.NaN, 4), 2);
    expect([...bins.sizes]).toEqual([1, 1]);
    expect(sizeOf(bins)).toBe(2);
    expect(weightedQuantile(bins, Float64Array.of(1, 1), 0.5)).toBe(4);
  });

  it('has no quantile where it has no value', () => {
    const bins = blockBins(Float64Array.of(1, 2, Number.NaN, Number.NaN), 2);
    expect(weightedQuantile(bins, Float64Array.of(0, 3), 0.5)).toBeNaN();
  });

  it('is within a bin of the exact quantile for values that do not repeat', () => {
    const values = Float64Array.from({ length: 10_000 }, (_, i) => 1e6 * 1.0003 ** ((i * 7919) % 10_000));
    const exact = values.toSorted()[9899]!;
    const found = weightedQuantile(blockBins(values, 16), new Float64Array(16).fill(1), 0.99);
    expect(Math.abs(found / exact - 1)).toBeLessThan(0.005);
  });

  it('has more blocks the larger it is, and each block grows too', () => {
    expect(blocksFor(100)).toBeLessThan(blocksFor(10_000));
    expect(100 / blocksFor(100)).toBeLessThan(10_000 / blocksFor(10_000));
    expect(blocksFor(1e8)).toBe(48);
    expect(blocksFor(0)).toBe(2);
  });
});
