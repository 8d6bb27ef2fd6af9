import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../server/compare/random.ts';
import { DuckDbStore } from '../../../server/store/duckdb.ts';
import { somePaths } from './some-paths.ts';

const QUANTILES = [0.5, 0.9, 0.99, 0.999];
const vms = () => ({ names: ['vm0'], named: () => 0 });
const random = seededRandom(5);
let folder: string;
let store: DuckDbStore;

async function open(): Promise<void> {
  store = await DuckDbStore.open({ folder, version: '0.0.0-test', vms, newest: 40_000, slowest: 2 });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-prepared-'));
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function add(run: string, paths: number): Promise<void> {
  store.append(run, somePaths(Array.from({ length: paths }, () => Math.floor(random() * 5e6))), 0, paths);
  expect(await store.commit()).toBe(true);
}

async function end(run: string): Promise<void> {
  store.saveRun({ id: run, name: run, startedMs: 1, endedMs: 2, summary: {} });
  expect(await store.commit()).toBe(true);
}

/** What the file has of a run, while nobody has it open: quantiles that were prepared, and those of all its paths. */
async function inFile(run: string): Promise<{ prepared: number[] | null; sorted: number[] }> {
  await store.close();
  const instance = await DuckDBInstance.create(join(folder, 'hopscope.duckdb'));
  const connection = await instance.connect();
  const one = async (query: string) => (await connection.runAndReadAll(query)).getRowsJS()[0]?.[0];
  const text = (await one(`SELECT found FROM prepared_quantiles WHERE run = '${run}'`)) as string | null | undefined;
  const sorted = (await one(
    `SELECT quantile_disc(end_to_end_ns, [${QUANTILES}])::DOUBLE[] FROM paths WHERE run = '${run}' AND class = 'request'`,
  )) as number[];
  connection.closeSync();
  instance.closeSync();
  await open();
  const times = typeof text === 'string' ? (JSON.parse(text).times as { name: string; values: number[] }[]) : null;
  const values = times?.find(({ name }) => name === 'end to end')?.values;
  // p95 is prepared, too.
  return { prepared: values?.filter((_, i) => i !== 2) ?? null, sorted };
}

async function endToEnd(run: string, quantiles = QUANTILES): Promise<(number | null)[]> {
  return (await store.quantiles(run, quantiles)).times.at(-1)!.values;
}

describe('quantiles of runs that are over', { timeout: 60_000 }, () => {
  it('are those of all its requests, found before anybody asks', async () => {
    await add('a', 20_000);
    await end('a');
    await store.maintain(0);
    const { prepared, sorted } = await inFile('a');
    expect(prepared).toEqual(sorted);
    expect(await endToEnd('a')).toEqual(sorted);
    expect(await endToEnd('a', [0.999, 0.5])).toEqual([sorted[3], sorted[0]]);
    // Nobody prepared that one.
    const found = await store.quantiles('a', [0.25]);
    expect(found.requests).toBe(20_000);
    expect(found.times.at(-1)!.values[0]).toBeLessThan(sorted[0]!);
  });

  it('are found anew when its paths have changed', async () => {
    await add('a', 20_000);
    await end('a');
    await store.maintain(0);
    const before = (await inFile('a')).prepared;
    expect(before).not.toBeNull();
    await add('a', 10_000);
    const { prepared, sorted } = await inFile('a');
    expect(prepared).toBeNull();
    expect(sorted).not.toEqual(before);
    expect(await endToEnd('a')).toEqual(sorted);
    await store.maintain(0);
    expect((await inFile('a')).prepared).toEqual(sorted);
  });

  it('are not prepared of a run that lasts, or of few paths', async () => {
    await add('lasting', 20_000);
    await add('short', 100);
    await end('short');
    await store.maintain(0);
    const { sorted, prepared } = await inFile('lasting');
    expect(prepared).toBeNull();
    expect(await endToEnd('lasting')).toEqual(sorted);
    expect((await inFile('short')).prepared).toBeNull();
  });

  it('go with their run', async () => {
    await add('a', 20_000);
    await end('a');
    await store.maintain(0);
    await store.forget('a');
    expect((await inFile('a')).prepared).toBeNull();
    expect((await store.quantiles('a', QUANTILES)).requests).toBe(0);
  });
});
