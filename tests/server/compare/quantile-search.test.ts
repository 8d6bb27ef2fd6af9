import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactQuantiles } from '../../../server/compare/exact-quantiles.ts';
import { QuantileSearch } from '../../../server/compare/quantile-search.ts';
import { seededRandom } from '../../../server/compare/random.ts';

/** All values, some at a time, as often as it takes. @returns how often that was, too */
function searched(values: Float64Array, quantiles: readonly number[], sample: Float64Array) {
  const search = new QuantileSearch(quantiles, sample);
  for (let rounds = 1; ; rounds++) {
    for (let at = 0; at < values.length; at += 7) search.add(values.subarray(at, at + 7));
    const { size } = search;
    const found = search.found();
    if (found !== null) return { found, size, rounds };
  }
}

const duration = fc.oneof(
  fc.integer({ min: -9, max: 5_000_000 }),
  fc.constantFrom(0, 1000, 2 ** 39, 2 ** 41, Number.NaN),
);
const durations = fc.array(duration, { maxLength: 300 }).map((numbers) => Float64Array.from(numbers));
const quantiles = fc.array(fc.double({ min: 0.0001, max: 1, noNaN: true }), { maxLength: 9 });

describe('QuantileSearch', () => {
  it('agrees with sorting everything, in two rounds at most, whatever sample it is given', () => {
    fc.assert(
      fc.property(durations, durations, quantiles, (values, sample, asked) => {
        const { found, size, rounds } = searched(values, asked, sample);
        expect(found).toEqual(exactQuantiles(values, asked));
        expect(size).toBe(values.filter((value) => !Number.isNaN(value)).length);
        expect(rounds).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('needs one round where the sample is one of the values', () => {
    const random = seededRandom(3);
    const values = Float64Array.from({ length: 50_000 }, () => Math.round(Math.exp(8 + 4 * random())));
    const asked = [0.001, 0.5, 0.9, 0.99, 0.999, 1];
    const { found, rounds } = searched(
      values,
      asked,
      values.filter((_, row) => row % 10 === 0),
    );
    expect(found).toEqual(exactQuantiles(values, asked));
    expect(rounds).toBe(1);
  });
});
