import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type PathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { DuckDbStore } from '../../../server/store/duckdb.ts';
import { RawBudget, type Verdict } from '../../../server/store/raw-budget.ts';
import { FLAGS } from '../../../server/wire/record.ts';
import { somePaths } from './some-paths.ts';

const T = 1_800_000_000;

/** `perSecond` requests in each of some seconds, 1 to 2 ms, told apart by their sequence numbers. */
function load(seconds: number, perSecond: number): PathColumns {
  const columns = somePaths(
    Array.from({ length: seconds * perSecond }, (_, i) => 1_000_000 + ((i * 7919) % 10_007) * 100),
  );
  for (let row = 0; row < columns.count; row++) {
    columns.ordinal[row] = row;
    columns.atMs[row] = (T + Math.floor(row / perSecond)) * 1000;
    columns.requestSeq[row] = row;
  }
  return columns;
}

function judged(budget: RawBudget, columns: PathColumns): Verdict[] {
  return Array.from({ length: columns.count }, (_, row) => budget.judge('a', columns, row));
}

function count(verdicts: readonly Verdict[]): Partial<Record<Verdict, number>> {
  return Object.fromEntries(Object.entries(Object.groupBy(verdicts, (v) => v)).map(([v, all]) => [v, all.length]));
}

describe('RawBudget', () => {
  it('keeps so many a second, the first second whole', () => {
    const verdicts = judged(new RawBudget(100), load(11, 1000));
    expect(count(verdicts.slice(0, 1000))).toEqual({ keptSample: 1000 });
    const { keptSlow = 0, keptSample = 0 } = count(verdicts.slice(1000));
    expect(keptSlow + keptSample).toBeGreaterThan(900);
    expect(keptSlow + keptSample).toBeLessThan(1100);
    expect(keptSlow).toBeLessThan(200);
  });

  it('keeps every error, whatever the budget: a status of 500, a reset, a missing station', () => {
    const columns = load(10, 1000);
    const errors: number[] = [];
    for (let row = 1500; row < columns.count; row += 97) {
      if (row % 3 === 0) columns.status[row] = 502;
      if (row % 3 === 1) columns.flags[row] = FLAGS.reset;
      if (row % 3 === 2) columns.first[row * STATION_COUNT + 4] = Number.NaN;
      errors.push(row);
    }
    const verdicts = judged(new RawBudget(1), columns);
    expect(errors.filter((row) => verdicts[row] !== 'keptErrors')).toEqual([]);
    expect(count(verdicts).keptErrors).toBe(errors.length);
  });

  it('keeps every one that is slower than the p99 of the last minute', () => {
    const columns = load(10, 1000);
    const slow = [2_222, 5_555, 9_999];
    for (const row of slow) columns.endToEnd[row] = 50_000_000;
    const verdicts = judged(new RawBudget(1), columns);
    expect(slow.map((row) => verdicts[row])).toEqual(['keptSlow', 'keptSlow', 'keptSlow']);
  });

  it('samples the rest without looking at how long they took', () => {
    const columns = load(60, 1000);
    const verdicts = judged(new RawBudget(200), columns);
    const rest = verdicts.flatMap((v, row) => (row >= 1000 && (v === 'keptSample' || v === 'unkept') ? [row] : []));
    const mean = (rows: number[]) => rows.reduce((sum, row) => sum + columns.endToEnd[row]!, 0) / rows.length;
    const sample = rest.filter((row) => verdicts[row] === 'keptSample');
    // Of some 11,000 out of a uniform millisecond: four standard errors.
    expect(Math.abs(mean(sample) - mean(rest))).toBeLessThan((4 * 288_675) / Math.sqrt(sample.length));
  });

  it('chooses the same ones again', () => {
    const columns = load(5, 1000);
    expect(judged(new RawBudget(100), columns)).toEqual(judged(new RawBudget(100), columns));
  });
});

describe('a store with a budget', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-budget-'));
  const vms = () => ({ names: ['vm0'], named: () => 0 });
  const open = () => DuckDbStore.open({ folder, version: '0.0.0-test', vms, rawPerSecond: 20, slowest: 2 });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function kept(store: DuckDbStore): Promise<number[]> {
    const rows: number[] = [];
    for await (const { columns } of store.scan('a')) rows.push(...columns.requestSeq);
    return rows;
  }

  it('rolls all of them up, keeps some, says which, and knows all of them again', async () => {
    let store = await open();
    const columns = load(10, 200);
    for (let row = 0; row < columns.count; row += 100) columns.status[row] = 500;
    for (let at = 0; at < 2000; at += 400) {
      store.append('a', columns, at, at + 400);
      expect(await store.commit()).toBe(true);
    }
    const rows = await kept(store);
    const { sampled } = store.coverage('a');
    expect(sampled).toMatchObject({ of: 2000, errors: 20 });
    expect(rows).toHaveLength(sampled!.slow + sampled!.errors + sampled!.sample);
    expect(rows.length).toBeLessThan(500);
    expect(store.counts.unkept).toBe(2000 - rows.length);
    const unkept = columns.requestSeq.findIndex((seq) => !rows.includes(seq));
    expect(store.amend(unkept, (c, row) => c.status.fill(503, row, row + 1))).toBe(true);
    expect(await kept(store)).toEqual(rows);
    await store.maintain(0);
    await store.close();
    store = await open();
    expect(store.coverage('a')).toEqual({ sampled });
    const lasted = { fromS: T, toS: T };
    const asked = { run: 'a', fromS: T, toS: T + 100, lasted, points: 100, heatmap: false };
    const { points } = await store.series(asked);
    expect(points.map((point) => point.count)).toEqual(Array(10).fill(200));
    expect(points.reduce((sum, { errors }) => sum + errors!, 0)).toBe(21);
    expect(points.reduce((sum, point) => sum + point.sampled!.sample, 0)).toBe(sampled!.sample);
    const { requestSeqs } = await store.keys(1 << 18);
    expect(requestSeqs.toSorted()).toEqual(columns.requestSeq);
    await store.close();
  }, 60_000);
});
