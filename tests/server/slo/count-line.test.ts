import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../server/compare/random.ts';
import { CountLine } from '../../../server/slo/count-line.ts';
import { noCounts } from '../../../server/slo/indicator.ts';

function counts(total: number) {
  const row = noCounts();
  row[0] = total;
  return row;
}

describe('a line of minutes', () => {
  it('of two tallies has those two, whatever comes, is replaced, asked for or forgotten', () => {
    const line = new CountLine(2);
    for (let minute = 0; minute < 3_000; minute++) line.add(minute, Float64Array.of(1, minute, 9, 9, 9, 9));
    line.set(2_000, Float64Array.of(5, 7, 9, 9, 9, 9));
    expect([...line.sum(1_999, 2_002)]).toEqual([7, 1_999 + 7 + 2_001, 0, 0, 0, 0]);
    line.add(2_000, Float64Array.of(1, 1, 9, 9, 9, 9));
    line.forget(1_500);
    expect([...line.minutes(0, 1_502)].map(({ minute, counts }) => [minute, ...counts])).toEqual([
      [1_500, 1, 1_500],
      [1_501, 1, 1_501],
    ]);
    expect([...line.sum(0, 2_001)].slice(0, 2)).toEqual([506, ((1_500 + 1_999) * 500) / 2 + 8]);
    expect(line.known(0, 9_999)).toBe(1_500);
  });

  it('gives every sum as adding up by hand does, whatever comes late, is taken back or is forgotten', () => {
    const random = seededRandom(3);
    const line = new CountLine();
    const truth = new Map<number, number>();
    let kept = 0;
    for (let i = 0; i < 4_000; i++) {
      const minute = kept + Math.floor(random() * 3_000);
      const more = Math.floor(random() * 20) - 5;
      line.add(minute, counts(more));
      truth.set(minute, (truth.get(minute) ?? 0) + more);
      if (i % 1_000 === 999) {
        kept += 300;
        line.forget(kept);
        for (const key of truth.keys()) if (key < kept) truth.delete(key);
      }
      if (i % 7 !== 0) continue;
      const from = kept + Math.floor(random() * 3_500) - 200;
      const to = from + Math.floor(random() * 2_000) - 100;
      const own = [...truth].filter(([key]) => key >= from && key < to);
      expect(line.sum(from, to)[0]).toBe(own.reduce((sum, [, value]) => sum + value, 0));
      expect(line.known(from, to)).toBe(own.length);
    }
    expect(line.length).toBe(truth.size);
    expect([line.first, line.last]).toEqual([Math.min(...truth.keys()), Math.max(...truth.keys())]);
  });

  it('is empty at first, and when all is forgotten', () => {
    const line = new CountLine();
    expect([line.first, line.last, line.sum(0, 9)[0], line.at(3)[0]]).toEqual([null, null, 0, 0]);
    line.add(3, counts(5));
    expect([line.at(3)[0], line.at(4)[0]]).toEqual([5, 0]);
    line.set(3, counts(2));
    expect(line.sum(3, 4)[0]).toBe(2);
    line.forget(10);
    expect([line.length, line.last, line.sum(0, 99)[0]]).toEqual([0, null, 0]);
  });
});
