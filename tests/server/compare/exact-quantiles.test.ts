import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactQuantiles } from '../../../server/compare/exact-quantiles.ts';

/** As it is defined: all of them, sorted. */
function obviousQuantiles(values: Float64Array, quantiles: readonly number[]): number[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return quantiles.map((quantile) => sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN);
}

const duration = fc.oneof(fc.integer({ min: 0, max: 5_000_000 }), fc.constantFrom(1000, 2 ** 39, 2 ** 41, Number.NaN));
const shifted = fc.double({ min: -5000, max: 5000 });
const quantile = fc.double({ min: 0.0001, max: 1, noNaN: true });

describe('exactQuantiles', () => {
  it('agrees with sorting everything, for any values, repeated, negative or missing', () => {
    const values = fc.array(fc.oneof(duration, shifted), { maxLength: 300 });
    fc.assert(
      fc.property(values, fc.array(quantile, { maxLength: 9 }), (numbers, quantiles) => {
        const column = Float64Array.from(numbers);
        expect(exactQuantiles(column, quantiles)).toEqual(obviousQuantiles(column, quantiles));
      }),
    );
  });

  it('reads a part of a larger array and leaves it as it was', () => {
    const all = Float64Array.of(9, 5, 1, 3, 7, 0);
    expect(exactQuantiles(all.subarray(1, 5), [0.5, 1])).toEqual([3, 7]);
    expect([...all]).toEqual([9, 5, 1, 3, 7, 0]);
  });

  it('has none of no values', () => {
    expect(exactQuantiles(Float64Array.of(Number.NaN), [0.5])).toEqual([Number.NaN]);
  });
});
