import { describe, expect, it } from 'vitest';
import { changePoints } from '../../../server/compare/change-points.ts';
import { normalQuantile } from '../../../server/compare/normal.ts';
import { seededRandom } from '../../../server/compare/random.ts';

function levels(seed: number, ...parts: [count: number, level: number][]): number[] {
  const random = seededRandom(seed);
  return parts.flatMap(([count, level]) =>
    Array.from({ length: count }, () => level * (1 + 0.03 * normalQuantile(Math.max(1e-9, random())))),
  );
}

/** As the definition has it: every stretch's ranks against the rest's, summed anew. */
function clearest(values: readonly number[]): [from: number, to: number] {
  const rank = (value: number) => values.filter((other) => other < value).length;
  const mean = (some: readonly number[]) => some.reduce((sum, value) => sum + rank(value), 0) / some.length;
  const isLevel = (count: number) => count === 0 || count >= 3;
  const all = values.flatMap((_, from) => values.map((__, end): [number, number] => [from, end + 1]));
  const fits = ([from, to]: [number, number]) =>
    to - from >= 3 && to - from < values.length && isLevel(from) && isLevel(values.length - to);
  const size = ([from, to]: [number, number]) => {
    const [inside, rest] = [values.slice(from, to), [...values.slice(0, from), ...values.slice(to)]];
    return Math.abs(mean(inside) - mean(rest)) / Math.sqrt(1 / inside.length + 1 / rest.length);
  };
  return all.filter(fits).reduce((best, each) => (size(each) > size(best) + 1e-9 ? each : best));
}

describe('change points over many runs', () => {
  it('are found where the level changed, up and down', () => {
    const found = changePoints(levels(1, [12, 1000], [9, 1150], [14, 1000]));
    expect(found.map(({ at }) => at)).toEqual([12, 21]);
    expect(found[0]!.before).toBeCloseTo(1000, -2);
    expect(found[0]!.after / found[0]!.before).toBeCloseTo(1.15, 1);
    expect(found.every(({ p }) => p <= 0.01)).toBe(true);
  });

  it('are at the edges of the stretch that differs most by the definition', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const values = levels(seed, [5 + (seed % 7), 1000], [8, 1300]);
      const found = changePoints(values).map(({ at }) => at);
      const [from, to] = clearest(values);
      expect(found).toContain(from > 0 ? from : to);
    }
  });

  it('are rarely seen where nothing changed', () => {
    const alarms = Array.from(
      { length: 100 },
      (_, seed) => changePoints(levels(seed + 1, [20, 1000]), { shuffles: 199 }).length > 0,
    );
    expect(alarms.filter(Boolean).length).toBeLessThanOrEqual(4);
  });

  it('are not told of one run that was odd, or of too few', () => {
    expect(changePoints([...levels(3, [10, 1000]), 2000, ...levels(4, [10, 1000])])).toEqual([]);
    expect(changePoints([1, 2, 100, 200, 300])).toEqual([]);
    expect(changePoints([])).toEqual([]);
  });

  it('are the same every time', () => {
    const values = levels(5, [10, 1000], [10, 1050]);
    expect(changePoints(values, { seed: 7 })).toEqual(changePoints(values, { seed: 7 }));
  });
});
