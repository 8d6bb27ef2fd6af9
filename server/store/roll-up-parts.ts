/** What a commit adds to the roll-ups: a part for each run, VM and second of its paths. */
import { alikeEnd, wallSecond } from '../aggregate/alike.ts';
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
  const parts = new Map<string, Omit<Part, 'minus' | 'sampled' | 'data'> & { rollUp: RollUp }>();
  const { columns, runs, runOf } = rows;
  for (let from = 0; from < columns.count; ) {
    const to = partEnd(rows, from);
    const t = wallSecond(columns, from);
    const [run, vm] = [runs[runOf[from]!]!, vmNames[columns.vm[from]!] ?? ''];
    const key = [t, runOf[from], columns.vm[from]].join(' ');
    const { rollUp } = parts.get(key) ?? { rollUp: new RollUp() };
    parts.set(key, { run, vm, t, rollUp });
    rollUp.add(columns, from, to);
    countVerdicts(rollUp, verdicts.slice(from, to));
    from = to;
  }
  return [...parts.values()].map(({ rollUp, ...part }) => {
    return { ...part, minus, sampled: rollUp.sampled, data: rollUpBytes(rollUp) };
  });
}

/** Where the rows end that are of the same run, VM, second and class as row `from`. */
function partEnd({ columns, runOf }: StoredRows, from: number): number {
  const alike = alikeEnd(columns, from, columns.count);
  let to = from + 1;
  while (to < alike && runOf[to] === runOf[from]) to++;
  return to;
}

function countVerdicts(rollUp: RollUp, verdicts: readonly Verdict[]): void {
  rollUp.count('chosenFrom', verdicts.length);
  for (const verdict of verdicts) if (verdict !== 'unkept') rollUp.count(verdict, 1);
}

export function sampledOf(parts: readonly Part[]): Sampled[] {
  return parts.flatMap(({ run, sampled }) => (sampled === null ? [] : [{ run, ...sampled }]));
}
