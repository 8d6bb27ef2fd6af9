import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketIndex, bucketTable, MAX_SCALE } from '../../../server/aggregate/bucket-index.ts';

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** The double `steps` representable values away. */
function neighbour(value: number, steps: number): number {
  float[0] = value;
  bits[0] = bits[0]! + BigInt(steps);
  return float[0]!;
}

/** The bucket by definition, in integers: the smallest i with value ≤ 2^((i+1)/n), i.e. value^n ≤ 2^(i+1). */
function exactIndex(value: number, scale: number): number {
  const n = 2n ** BigInt(scale);
  float[0] = value;
  const exponent = ((bits[0]! >> 52n) & 2047n) - 1023n;
  const mantissa = (bits[0]! & (2n ** 52n - 1n)) | (2n ** 52n);
  const power = mantissa ** n;
  const floorLog = BigInt(power.toString(2).length - 1);
  const isPower = power === 1n << floorLog;
  const ceilLog = (isPower ? floorLog : floorLog + 1n) - 52n * n;
  return Number(exponent * n + ceilLog - 1n);
}

describe('bucketIndex', () => {
  it('is exact at every power of two and its neighbours, at every scale', () => {
    for (let scale = 0; scale <= MAX_SCALE; scale++) {
      const table = bucketTable(scale);
      for (let exponent = -20; exponent <= 60; exponent++) {
        for (const steps of [-2, -1, 0, 1, 2]) {
          const value = neighbour(2 ** exponent, steps);
          expect(bucketIndex(table, value), `${value} at scale ${scale}`).toBe(exactIndex(value, scale));
        }
      }
    }
  });

  it('is exact around every boundary of an octave', () => {
    for (const scale of [3, 7, 8]) {
      const table = bucketTable(scale);
      for (let k = 1; k < 2 ** scale; k++) {
        for (const octave of [1, 2 ** 20]) {
          for (const steps of [-1, 0, 1, 2]) {
            const value = neighbour(2 ** (k / 2 ** scale), steps) * octave;
            expect(bucketIndex(table, value)).toBe(exactIndex(value, scale));
          }
        }
      }
    }
  });

  it('is exact for any value', () => {
    const table = bucketTable(7);
    const value = fc.oneof(
      fc.double({ min: 1e-3, max: 1e18, noNaN: true }),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    );
    fc.assert(
      fc.property(value, (v) => bucketIndex(table, v) === exactIndex(v, 7)),
      { numRuns: 2000 },
    );
  });

  it('refuses a scale that it has no table for', () => {
    expect(() => bucketTable(9)).toThrow(/scale 9/);
    expect(() => bucketTable(1.5)).toThrow(/scale 1.5/);
  });
});
