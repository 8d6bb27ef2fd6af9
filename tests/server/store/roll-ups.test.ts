import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, describe, expect, it } from 'vitest';
import { DuckDbStore } from '../../../server/store/duckdb.ts';
import { MemoryStore } from '../../../server/store/memory.ts';
import { somePaths } from './some-paths.ts';

const T = 1_800_000_000;
const folder = mkdtempSync(join(tmpdir(), 'hopscope-rollups-'));
const vms = () => ({ names: ['vm0'], named: () => 0 });
const open = () => DuckDbStore.open({ folder, version: '0.0.0-test', vms });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const asked = { run: 'a', fromS: T, toS: T + 100_000, lasted: { fromS: T, toS: T }, points: 5000, heatmap: true };

async function inFile(query: string) {
  const instance = await DuckDBInstance.create(join(folder, 'hopscope.duckdb'));
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(query)).getRowsJS();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

/** `count` paths a second, for some seconds from T on. */
function add(store: DuckDbStore | MemoryStore, fromS: number, seconds: number, count = 1): void {
  const columns = somePaths(Array.from({ length: seconds * count }, (_, i) => 1000 + i));
  columns.atMs.forEach((_, i) => {
    columns.atMs[i] = (fromS + Math.floor(i / count)) * 1000;
  });
  store.append('a', columns, 0, columns.count);
}

describe('roll-ups', () => {
  it('are there again when the store is opened again, merged or not', async () => {
    const store = await open();
    add(store, T, 70);
    await store.commit();
    await store.maintain(0);
    add(store, T + 50, 30);
    const before = await store.series(asked);
    await store.close();
    const after = await open();
    expect(await after.series(asked)).toEqual(before);
    await after.maintain(0);
    expect(await after.series(asked)).toEqual(before);
    expect(before.points.map(({ count }) => count)).toEqual([
      ...Array(50).fill(1),
      ...Array(20).fill(2),
      ...Array(10).fill(1),
    ]);
    await after.close();
  });

  it('of five minutes are made in a file that has none, and anew where they are not of its minutes', async () => {
    const store = await open();
    add(store, T, 1_000);
    await store.commit();
    await store.maintain(0);
    const wide = { ...asked, points: 13, toS: T + 3600, lasted: { fromS: T, toS: T + 3600 } };
    const before = await store.series(wide);
    expect(before.rollUpS).toBe(300);
    expect(before.points.map(({ count }) => count)).toEqual([300, 300, 300, 100]);
    await store.close();
    for (const older of [
      // As a file is that never had them.
      'DROP TABLE five_minutes; DROP TABLE missing_five_minutes',
      // A run that was forgotten, and minutes that went on without them.
      `INSERT INTO five_minutes SELECT number, 'gone', vm, t, data FROM five_minutes;
        DELETE FROM five_minutes WHERE t = ${T + 300};
        UPDATE five_minutes SET number = number - 1, data = (SELECT data FROM minutes LIMIT 1) WHERE t = ${T + 600}`,
    ]) {
      await inFile(older);
      const opened = await open();
      expect((await opened.series(wide)).rollUpS).toBe(3600);
      await opened.maintain(0);
      expect(await opened.series(wide)).toEqual(before);
      await opened.close();
      const rows = await inFile('SELECT run, t::DOUBLE FROM five_minutes ORDER BY t');
      expect(rows).toEqual([0, 300, 600, 900].map((s) => ['a', T + s]));
    }
  });

  it('tell of each bucket of a heatmap how many fell into it', async () => {
    const store = new MemoryStore();
    add(store, T, 1, 1000);
    const { points } = await store.series(asked);
    const { offset, counts } = points[0]!.heat!;
    expect(counts.reduce((a, b) => a + b)).toBe(1000);
    // 1,000 to 1,999 ns: (2^(79/8), 2^(80/8)] up to (2^(87/8), 2^(88/8)].
    expect([offset, counts.length]).toEqual([79, 9]);
    expect(counts[0]).toBe(25);
  });

  it('are bounded in memory: seconds go first, and minutes still have them', async () => {
    const store = new MemoryStore({ newest: 100 });
    add(store, T, 3_700);
    const { points, rollUpS } = await store.series(asked);
    expect(rollUpS).toBe(60);
    expect(points.reduce((sum, { count }) => sum + count!, 0)).toBe(3_700);
    const late = await store.series({ ...asked, fromS: T + 200, points: 4000 });
    expect([late.rollUpS, late.points.length]).toEqual([1, 3_500]);
  });
});
