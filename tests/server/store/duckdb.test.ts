import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { KEY_BYTES } from '../../../server/join/paths.ts';
import { DuckDbStore } from '../../../server/store/duckdb.ts';
import type { RunsQuery } from '../../../server/store/duckdb-messages.ts';
import type { DuckDbStoreOptions } from '../../../server/store/duckdb-options.ts';
import { append, storeContract, times } from './contract.ts';
import { somePaths } from './some-paths.ts';

const folders: string[] = [];
const stores = new Set<DuckDbStore>();
const vms = () => ({ names: ['vm0', 'vm1'], named: (name: string) => ['vm0', 'vm1'].indexOf(name) });

afterEach(async () => {
  for (const store of stores) await store.close();
  stores.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-store-'));
  folders.push(folder);
  return folder;
}

/** Memory for 16 paths only, so that nearly all answers come from the file. */
async function open(options: Partial<DuckDbStoreOptions> = {}): Promise<DuckDbStore> {
  const store = await DuckDbStore.open({
    ...{ folder: newFolder(), version: '0.0.0-test', vms, newest: 16, slowest: 2 },
    ...options,
  });
  stores.add(store);
  return store;
}

async function close(store: DuckDbStore): Promise<void> {
  stores.delete(store);
  await store.close();
}

storeContract('DuckDbStore', () => open());
storeContract('DuckDbStore with room in memory', () => open({ newest: 1000, slowest: 100 }));

describe('DuckDbStore', () => {
  it('is behind while more than half of its room waits for a commit', async () => {
    const store = await open();
    store.append('a', somePaths([1, 2, 3, 4, 5, 6, 7, 8]), 0, 8);
    expect(store.isBehind).toBe(false);
    store.append('a', somePaths([9]), 0, 1);
    expect(store.isBehind).toBe(true);
    await store.commit();
    expect(store.isBehind).toBe(false);
  });

  it('has everything that was committed when it is opened again, and numbers go on', async () => {
    const folder = newFolder();
    const before = await open({ folder });
    await append(before, 'a', [5, 9, 7], 1);
    before.saveRun({ id: 'a', name: 'first', startedMs: 1, endedMs: null, summary: { deep: ['x'] } });
    const { ids } = await before.paths({ run: 'a', order: 'newest', limit: 1 });
    await close(before);
    const after = await open({ folder });
    expect(await times(after, 'a', 'newest')).toEqual([7, 9, 5]);
    expect((await after.path(ids[0]!))?.columns.vm[0]).toBe(1);
    expect(await after.runs({ limit: 10, except: [] })).toEqual({
      runs: [{ id: 'a', name: 'first', startedMs: 1, endedMs: 0, summary: { deep: ['x'] } }],
      total: 1,
    });
    await append(after, 'b', [1]);
    const { ids: next } = await after.paths({ run: 'b', order: 'newest', limit: 1 });
    expect(next).toEqual(['b.3']);
    expect(after.counts.stored).toBe(1);
  });

  it('keeps what is known of runs, the newest of it', async () => {
    const store = await open();
    const run = (id: string, startedMs: number, endedMs: number | null) => ({
      ...{ id, name: `it's ${id}`, startedMs, endedMs, summary: { of: id } },
    });
    for (const saved of [run('c', 3, null), run('a', 1, 2), run('b', 2, null)]) store.saveRun(saved);
    await store.commit();
    store.saveRun(run('b', 2, 2.5));
    const paths = somePaths([1, 2]);
    paths.atMs.set([70, 60]);
    store.append('c', paths, 0, 2);
    // The one that was not ended lasted until its last path.
    expect(await store.runs({ limit: 2, except: [] })).toEqual({
      runs: [run('c', 3, 70), run('b', 2, 2.5)],
      total: 3,
    });
    await store.forget('b');
    expect((await store.runs({ limit: 9, except: [] })).runs.map(({ id }) => id)).toEqual(['c', 'a']);
  });

  it('tells runs page by page, without those that are known elsewhere, and by name or id', async () => {
    const store = await open();
    const starts = { a: 1, b: 2, c: 2, d: 3, e: 4 };
    for (const [id, startedMs] of Object.entries(starts)) {
      store.saveRun({ id, name: id === 'a' || id === 'd' ? 'twice' : 'b', startedMs, endedMs: 9, summary: {} });
    }
    const page = async (query: Partial<RunsQuery>) => {
      const { runs, total } = await store.runs({ limit: 2, except: ['e'], ...query });
      return { ids: runs.map(({ id }) => id).join(''), total };
    };
    expect(await page({})).toEqual({ ids: 'dc', total: 4 });
    expect(await page({ before: { startedMs: 2, id: 'c' } })).toEqual({ ids: 'ba', total: 4 });
    expect(await page({ before: { startedMs: 1, id: 'a' } })).toEqual({ ids: '', total: 4 });
    expect(await page({ name: 'twice' })).toEqual({ ids: 'da', total: 2 });
    // Its id, before all that are called so.
    expect(await page({ name: 'b', except: [], limit: 9 })).toEqual({ ids: 'bec', total: 3 });
    expect(await page({ name: 'nobody' })).toEqual({ ids: '', total: 0 });
  });

  it('tells the keys of the newest paths, which agents may send again', async () => {
    const store = await open();
    await append(store, 'a', [1, 2, 3]);
    const { keys, requestSeqs } = await store.keys(2);
    expect([...requestSeqs]).toEqual([4_000_000_001, 4_000_000_002]);
    expect([...keys.subarray(KEY_BYTES)]).toEqual([...somePaths([1]).keys]);
  });
});
