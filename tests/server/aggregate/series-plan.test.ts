import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSeries } from '../../../server/aggregate/series-plan.ts';

const NOW = 1_800_000_000;
const WHOLE = { 1: Number.NEGATIVE_INFINITY, 60: Number.NEGATIVE_INFINITY, 3600: Number.NEGATIVE_INFINITY };

function plan(seconds: number, points: number, wholeFromS = WHOLE) {
  return planSeries({ fromS: NOW - seconds, toS: NOW, points, wholeFromS });
}

describe('the plan of a series', () => {
  it('takes the finest step that fits', () => {
    expect(plan(300, 300)).toMatchObject({ stepS: 1, rollUpS: 1 });
    expect(plan(300, 299)).toMatchObject({ stepS: 2, rollUpS: 1 });
    expect(plan(3600, 400)).toMatchObject({ stepS: 10, rollUpS: 1 });
    expect(plan(86_400, 1500)).toMatchObject({ stepS: 60, rollUpS: 60 });
    expect(plan(3 * 86_400, 1500)).toMatchObject({ stepS: 300, rollUpS: 60 });
    expect(plan(30 * 86_400, 1500)).toMatchObject({ stepS: 3600, rollUpS: 3600 });
  });

  it('never gives more points than asked for, covers the stretch, and reads few roll-ups', () => {
    const seconds = fc.integer({ min: 1, max: 10 * 365 * 86_400 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 2, max: 5000 }), fc.nat(100_000), (length, points, late) => {
        const toS = NOW + late;
        const { fromS, toS: end, stepS, rollUpS } = planSeries({ fromS: toS - length, toS, points, wholeFromS: WHOLE });
        expect((end - fromS) / stepS).toBeLessThanOrEqual(points);
        expect(fromS).toBeLessThanOrEqual(toS - length);
        expect(end).toBeGreaterThanOrEqual(toS);
        expect([fromS % stepS, end % stepS, stepS % rollUpS]).toEqual([0, 0, 0]);
        if (rollUpS < 3600) expect((end - fromS) / rollUpS).toBeLessThanOrEqual(7_200);
      }),
    );
  });

  it('takes all of a stretch as one, to the second where few seconds are in it', () => {
    expect(plan(299, 1)).toEqual({ fromS: NOW - 299, toS: NOW, stepS: 299, rollUpS: 1 });
    expect(plan(1_801, 1)).toMatchObject({ fromS: NOW - 1_860, rollUpS: 60 });
    expect(plan(86_400 + 1, 1)).toMatchObject({ fromS: NOW - 86_460, stepS: 86_460, rollUpS: 60 });
    expect(plan(299, 1, { ...WHOLE, 1: NOW })).toMatchObject({ stepS: 300, rollUpS: 60 });
  });

  it('is empty where no time is asked for', () => {
    const none = (points: number) =>
      planSeries({ fromS: NOW + 7, toS: NOW + 7, points, leastStepS: 60, wholeFromS: WHOLE });
    for (const points of [1, 300]) expect(none(points)).toMatchObject({ fromS: none(points).toS });
  });

  it('takes no shorter step than it may', () => {
    const least = (leastStepS: number, points = 300) =>
      planSeries({ fromS: NOW - 30, toS: NOW, points, leastStepS, wholeFromS: WHOLE });
    expect(least(5)).toMatchObject({ stepS: 5, rollUpS: 1, fromS: NOW - 30 });
    expect(least(7)).toMatchObject({ stepS: 10 });
    expect(least(60)).toMatchObject({ stepS: 60, rollUpS: 60, fromS: NOW - 60 });
    expect(least(5, 1)).toMatchObject({ stepS: 30 });
  });

  it('goes to coarser roll-ups where finer ones were pruned', () => {
    expect(plan(300, 300, { ...WHOLE, 1: NOW - 300 })).toMatchObject({ rollUpS: 1 });
    expect(plan(300, 300, { ...WHOLE, 1: NOW - 299 })).toMatchObject({ stepS: 60, rollUpS: 60 });
    expect(plan(300, 300, { ...WHOLE, 1: NOW, 60: NOW })).toMatchObject({ stepS: 3600, rollUpS: 3600 });
  });
});
