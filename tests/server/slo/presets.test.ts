import { describe, expect, it } from 'vitest';
import { type Preset, presetRules } from '../../../server/slo/presets.ts';

const DAY = 1_440;

/** Severity, long and short window in minutes, factor, and how long it has to hold. */
function rows(preset: Preset, days: number) {
  return presetRules(preset, days * DAY).map(({ severity, longMinutes, shortMinutes, factor, forMinutes }) => [
    ...[severity, longMinutes, shortMinutes, factor, forMinutes],
  ]);
}

describe('the presets', () => {
  it('are those of table 5-8 of the Site Reliability Workbook', () => {
    expect(rows('google', 30)).toEqual([
      ['page', 60, 5, 14.4, 0],
      ['page', 360, 30, 6, 0],
      ['ticket', 3 * DAY, 360, 1, 0],
    ]);
  });

  it('are those of Sloth for 30 days', () => {
    expect(rows('sloth', 30)).toEqual([
      ['page', 60, 5, 14.4, 0],
      ['page', 360, 30, 6, 0],
      ['ticket', DAY, 120, 3, 0],
      ['ticket', 3 * DAY, 360, 1, 0],
    ]);
  });

  it('are those of Sloth for 28 days, to the last digit', () => {
    expect(rows('sloth', 28).map((row) => row[3])).toEqual([13.44, 33.6 / 6, 67.2 / 24, 67.2 / 72]);
  });

  it('are those of Pyrra for 28 days', () => {
    expect(rows('pyrra', 28)).toEqual([
      ['critical', 60, 5, 14, 2],
      ['critical', 360, 30, 7, 15],
      ['warning', DAY, 120, 2, 60],
      ['warning', 4 * DAY, 360, 1, 180],
    ]);
  });

  it('scale with the window as those of Pyrra do, in whole minutes', () => {
    expect(rows('pyrra', 7)).toEqual([
      ['critical', 15, 1, 14, 1],
      ['critical', 90, 8, 7, 4],
      ['warning', 360, 30, 2, 15],
      ['warning', DAY, 90, 1, 45],
    ]);
  });

  it('may be none', () => {
    expect(rows('none', 30)).toEqual([]);
  });
});
