import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { indicatorId } from '../../../server/slo/indicator.ts';
import { DuckDbStore } from '../../../server/store/duckdb.ts';
import { ALL, FAST, minutely, told } from './minutes-contract.ts';
import { somePaths } from './some-paths.ts';

const vms = () => ({ names: ['vm0', 'vm1'], named: (name: string) => ['vm0', 'vm1'].indexOf(name) });
const folders: string[] = [];
const open = new Set<DuckDbStore>();

afterEach(async () => {
  for (const store of open) await close(store);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-minutes-'));
  folders.push(folder);
  return folder;
}

async function opened(folder: string, rawPerSecond: number | null = null): Promise<DuckDbStore> {
  const store = await DuckDbStore.open({ folder, version: '0.0.0-test', vms, newest: 1_000, rawPerSecond });
  open.add(store);
  return store;
}

async function close(store: DuckDbStore): Promise<void> {
  open.delete(store);
  await store.close();
}

async function count(store: DuckDbStore, ...endToEnd: number[]): Promise<void> {
  store.append('a', minutely(endToEnd), 0, endToEnd.length);
  expect(await store.commit()).toBe(true);
}

describe('minutes in a database', () => {
  it('are there when it is opened again, merged or not, and go on', async () => {
    const folder = newFolder();
    const before = await opened(folder);
    await before.minutes.countBy([FAST, ALL]);
    await count(before, 1, 200);
    await before.maintain(0);
    await count(before, 1, 1, 300);
    await close(before);
    const after = await opened(folder);
    expect((await after.minutes.series()).sort()).toEqual([indicatorId(ALL), indicatorId(FAST)].sort());
    const kept = ['0: 2 2 0 0 0 0', '1: 2 1 0 0 0 0', '2: 1 0 0 0 0 0'];
    expect(told(await after.minutes.all(indicatorId(FAST)), FAST)).toEqual(kept);
    await after.maintain(0);
    await after.maintain(0);
    expect(told(await after.minutes.all(indicatorId(FAST)), FAST)).toEqual(kept);
    await after.minutes.countBy([FAST]);
    await count(after, 5);
    expect(told(await after.minutes.all(indicatorId(FAST)), FAST)[0]).toBe('0: 3 3 0 0 0 0');
  });

  it('count every request, also those that a budget does not keep', async () => {
    const store = await opened(newFolder(), 2);
    await store.minutes.countBy([ALL]);
    const paths = somePaths(Array.from({ length: 500 }, (_, i) => 100 + (i % 3)));
    // The first second of a run is kept whole.
    paths.atMs.fill(1_000, 100);
    store.append('a', paths, 0, 500);
    await store.commit();
    expect(store.counts.unkept).toBeGreaterThan(100);
    expect(told(store.minutes.take(), ALL)).toEqual(['0: 500 500 0 0 0 0']);
  });

  it('go when they are older than any objective looks back', async () => {
    const store = await opened(newFolder());
    await store.minutes.countBy([ALL]);
    await count(store, 1, 1);
    const late = minutely([1]);
    const counted = async (atMinute: number) => {
      late.atMs[0] = atMinute * 60_000;
      store.append('a', late, 0, 1);
      await store.commit();
      await store.maintain(0);
      return (await store.minutes.all(indicatorId(ALL))).map(({ minute }) => minute);
    };
    expect(await counted(400 * 1_440)).toEqual([0, 1, 400 * 1_440]);
    expect(await counted(400 * 1_440 + 1)).toEqual([1, 400 * 1_440, 400 * 1_440 + 1]);
  });
});
