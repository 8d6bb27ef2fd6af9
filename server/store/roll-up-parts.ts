/** What a commit adds to the roll-ups: a part for each run, VM and second of its paths. */
import { RollUp } from '../aggregate/roll-up.ts';
import { rollUpBytes } from '../aggregate/roll-up-bytes.ts';
import type { RollUpRow } from '../aggregate/series-points.ts';
import type { SampledCounts } from '../wire/series-views.ts';
import type { Sampled } from './duckdb-messages.ts';
import type { Verdict } from './raw-budget.ts';
import type { StoredRows } from './stored-rows.ts';

export interface Part extends RollUpRow {
  run: string;
  vm: string;
  sampled: SampledCounts | null;
}

/**
 * @param minus the rows are taken back: they come again as they are now
 * @param verdicts why each of the first rows is kept, where a budget chose; empty where it did not
 */
export function partsOf(
  rows: StoredRows,
  vmNames: readonly string[],
  minus: boolean,
  verdicts: readonly Verdict[] = [],
): Part[] {
  const parts = new Map<string, { run: string; vm: string; t: number; rollUp: RollUp }>();
  const { columns, runs, runOf } = rows;
  for (let row = 0; row < columns.count; row++) {
    const t = Math.floor(columns.atMs[row]! / 1000);
    const key = `${t} ${runOf[row]} ${columns.vm[row]}`;
    let part = parts.get(key);
    if (part === undefined) {
      part = { run: runs[runOf[row]!]!, vm: vmNames[columns.vm[row]!] ?? '', t, rollUp: new RollUp() };
      parts.set(key, part);
    }
    part.rollUp.add(columns, row);
    const verdict = verdicts[row];
    if (verdict === undefined) continue;
    part.rollUp.count('chosenFrom', 1);
    if (verdict !== 'unkept') part.rollUp.count(verdict, 1);
  }
  return [...parts.values()].map(({ rollUp, ...part }) => {
    return { ...part, minus, sampled: rollUp.sampled, data: rollUpBytes(rollUp) };
  });
}

export function sampledOf(parts: readonly Part[]): Sampled[] {
  return parts.flatMap(({ run, sampled }) => (sampled === null ? [] : [{ run, ...sampled }]));
}
