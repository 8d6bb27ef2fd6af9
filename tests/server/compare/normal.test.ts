import { describe, expect, it } from 'vitest';
import { normalQuantile, studentQuantile } from '../../../server/compare/normal.ts';

describe('quantiles of distributions', () => {
  it.each([
    [0.5, 0],
    [0.8, 0.8416212],
    [0.975, 1.959964],
    [0.995, 2.5758293],
    [0.001, -3.0902323],
  ])('normal, %d: as tables have it', (p, expected) => {
    expect(normalQuantile(p)).toBeCloseTo(expected, 6);
  });

  it.each([
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.975, 29, 2.045],
    [0.995, 19, 2.861],
  ])('Student, %d with %i degrees of freedom: as tables have it', (p, freedom, expected) => {
    expect(Math.abs(studentQuantile(p, freedom) - expected)).toBeLessThan(0.003);
  });

  it('Student comes to the normal as the degrees of freedom grow', () => {
    expect(studentQuantile(0.975, 1e6)).toBeCloseTo(normalQuantile(0.975), 5);
  });
});
