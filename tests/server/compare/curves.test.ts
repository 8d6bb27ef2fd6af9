import { describe, expect, it } from 'vitest';
import { curvesOf, PROBABILITIES } from '../../../server/compare/curves.ts';
import { digestOf } from '../../../server/compare/run-digest.ts';
import type { Sample } from '../../../server/compare/shifts.ts';

const curvesIn = (times: Sample) => digestOf({ times, bounds: new Float64Array(0) }, 2).curves;

describe('the curves of two samples', () => {
  const a = curvesIn(new Map([['wait', Float64Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) + 1)]]));
  const b = curvesIn(
    new Map([
      ['wait', Float64Array.of(5, Number.NaN, 5)],
      ['service', Float64Array.of(1)],
    ]),
  );

  it('are values that were measured, at the same probabilities', () => {
    const [{ layer, a: curveA, b: curveB }] = curvesOf(a, b) as [ReturnType<typeof curvesOf>[0]];
    expect(layer).toBe('wait');
    expect(PROBABILITIES.map((p, i) => [p, curveA[i]])).toContainEqual([0.5, 500]);
    expect(curveA.at(-1)).toBe(1000);
    expect(new Set(curveB)).toEqual(new Set([5]));
    expect(curveA).toHaveLength(PROBABILITIES.length);
  });

  it('are left out where one run has nothing', () => {
    expect(curvesOf(a, b).map(({ layer }) => layer)).toEqual(['wait']);
    expect(curvesOf(a, curvesIn(new Map([['wait', Float64Array.of(Number.NaN)]])))).toEqual([]);
  });
});
