import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DuckDbStore } from '../../../server/store/duckdb.ts';
import { KEEP_ALL, type Retention } from '../../../server/store/upkeep.ts';
import { somePaths } from './some-paths.ts';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;
const vms = () => ({ names: ['vm0'], named: () => 0 });
let folder: string;
let store: DuckDbStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-retention-'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(retention: Retention): Promise<void> {
  store = await DuckDbStore.open({ folder, version: '0.0.0-test', vms, retention, newest: 10_000, slowest: 2 });
}

/** As the database itself says, while nobody has it open. */
async function usedBytes(): Promise<number> {
  const instance = await DuckDBInstance.create(join(folder, 'hopscope.duckdb'));
  const connection = await instance.connect();
  const query = 'SELECT (used_blocks * block_size)::DOUBLE FROM pragma_database_size()';
  const bytes = (await connection.runAndReadAll(query)).getRowsJS()[0]![0] as number;
  connection.closeSync();
  instance.closeSync();
  return bytes;
}

const keepMs = { paths: 7 * DAY, seconds: 28 * DAY, minutes: 364 * DAY };

/** Paths of ten seconds, told apart by their times; as hard to compress as real ones. */
async function add(run: string, atMs: number, count = 1_000): Promise<void> {
  const columns = somePaths(Array.from({ length: count }, () => Math.floor(Math.random() * 1e9)));
  for (let row = 0; row < count; row++) {
    columns.atMs[row] = atMs + (10_000 * row) / count;
    columns.requestSeq[row] = Math.floor(Math.random() * 2 ** 32);
    columns.last.fill(Math.floor(Math.random() * 1e9), row * 13, row * 13 + 12);
  }
  store.append(run, columns, 0, count);
  expect(await store.commit()).toBe(true);
}

async function left(run: string): Promise<number> {
  let rows = 0;
  for await (const { columns } of store.scan(run)) rows += columns.count;
  return rows;
}

async function rolledUp(run: string, points: number) {
  const day = { fromS: NOW / 1000 - 86_400, toS: NOW / 1000 + 86_400 };
  const series = await store.series({ run, ...day, lasted: day, points, heatmap: false });
  return { rollUpS: series.rollUpS, count: series.points.reduce((sum, { count }) => sum + count!, 0) };
}

describe('retention', () => {
  it('deletes by age, from when it was stored, and says of which runs; roll-ups are kept for longer', async () => {
    await open({ ...KEEP_ALL, keepMs });
    for (let i = 0; i < 12; i++) await add('old', NOW + i * 10_000);
    await store.maintain(NOW);
    // Brought in later, however old it says it is.
    await add('imported', NOW - 400 * DAY);
    await store.maintain(NOW + 6 * DAY);
    expect(store.counts.pruned.paths).toBe(0);
    await store.maintain(NOW + 7.1 * DAY);
    expect([await left('old'), await left('imported')]).toEqual([0, 1000]);
    expect(store.counts.pruned).toEqual({ paths: 12_000, seconds: 0, minutes: 0, hours: 0 });
    expect(store.coverage('old')).toEqual({ pruned: { paths: 12_000, untilMs: NOW + 119_990 } });
    expect(store.coverage('imported')).toEqual({});
    expect(await rolledUp('old', 5000)).toEqual({ rollUpS: 60, count: 12_000 });
    await store.maintain(NOW + 29 * DAY);
    expect(store.counts.pruned.seconds).toBe(120);
    expect(await rolledUp('old', 5000)).toEqual({ rollUpS: 60, count: 12_000 });
    await store.maintain(NOW + 365 * DAY);
    expect(store.counts.pruned.minutes).toBe(2);
    expect(await rolledUp('old', 5000)).toEqual({ rollUpS: 3600, count: 12_000 });
  }, 60_000);

  it('still knows it when the store is opened again, and gives no number twice', async () => {
    await open({ ...KEEP_ALL, keepMs });
    await add('a', NOW);
    await store.maintain(NOW);
    await store.maintain(NOW + 8 * DAY);
    const before = store.coverage('a');
    await store.close();
    await open({ ...KEEP_ALL, keepMs });
    expect(before.pruned?.paths).toBe(1000);
    expect(store.coverage('a')).toEqual(before);
    await add('b', NOW);
    const { ids } = await store.paths({ run: 'b', order: 'newest', limit: 1 });
    expect(ids).toEqual(['b.1999']);
    await store.forget('a');
    expect(store.coverage('a')).toEqual({});
  }, 60_000);

  it('deletes the oldest where the file has too much in use, and no more than it must', async () => {
    await open(KEEP_ALL);
    for (let i = 0; i < 10; i++) await add(i < 5 ? 'old' : 'new', NOW + i * 10_000, 8_000);
    await store.maintain(NOW);
    await store.close();
    await open({ ...KEEP_ALL, maxBytes: 0.7 * (await usedBytes()) });
    await store.maintain(NOW);
    const { paths } = store.counts.pruned;
    const [old, young] = [await left('old'), await left('new')];
    expect(paths).toBe(80_000 - old - young);
    expect(young).toBe(40_000);
    expect([old > 5_000, old < 30_000]).toEqual([true, true]);
    await store.maintain(NOW + 1000);
    expect(store.counts.pruned.paths).toBe(paths);
    expect(await rolledUp('old', 5000)).toMatchObject({ count: 40_000 });
  }, 120_000);

  it('lets commits come between its transactions', async () => {
    await open({ ...KEEP_ALL, keepMs });
    for (let i = 0; i < 60; i++) await add('old', NOW + i * 10_000);
    await store.maintain(NOW);
    let isOver = false;
    const pruning = store.maintain(NOW + 8 * DAY).finally(() => {
      isOver = true;
    });
    const seen = new Set<number>();
    while (!isOver) {
      await add('new', NOW);
      seen.add(store.counts.pruned.paths);
    }
    await pruning;
    expect(await left('old')).toBe(0);
    expect(seen.size).toBeGreaterThan(3);
  }, 60_000);
});
