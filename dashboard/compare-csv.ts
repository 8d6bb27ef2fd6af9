/** A comparison as a table for other programs: every layer and quantile, ns as the API tells them. */
import type { Comparison } from '../server/wire/compare-views.ts';

const COLUMNS = [
  ['a_ns', 'a'],
  ['b_ns', 'b'],
  ['shift_ns', 'shift'],
  ['low_ns', 'low'],
  ['high_ns', 'high'],
  ['band_low_ns', 'bandLow'],
  ['band_high_ns', 'bandHigh'],
  ['detectable_ns', 'detectable'],
] as const;

/** RFC 4180; the share, of the difference of the means, is the same in every row of a layer, and empty where there is none. */
export function comparisonCsv({ shifts, shares }: Comparison): string {
  const shareOf = (name: string) => shares.find(({ layer }) => layer === name)?.share ?? '';
  const rows = shifts.map((shift) => [
    shift.layer,
    shift.quantile,
    ...COLUMNS.map(([, key]) => shift[key]),
    shareOf(shift.layer),
  ]);
  const head = ['layer', 'quantile', ...COLUMNS.map(([name]) => name), 'share'];
  return [head, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}
