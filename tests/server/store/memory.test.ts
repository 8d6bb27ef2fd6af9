import { describe, expect, it } from 'vitest';
import type { PathColumns } from '../../../server/join/paths.ts';
import { MemoryStore } from '../../../server/store/memory.ts';
import { append, storeContract, times } from './contract.ts';
import { somePaths } from './some-paths.ts';

storeContract(
  'MemoryStore',
  async () => new MemoryStore({ newest: 1000, slowest: 100, vmNames: () => ['vm0', 'vm1'] }),
);

describe('the bounds of MemoryStore', () => {
  it('lets the oldest go when it is full, and counts them', async () => {
    const store = new MemoryStore({ newest: 3, slowest: 1 });
    await append(store, 'a', [1, 2, 3, 4, 5]);
    expect(await times(store, 'a', 'newest')).toEqual([5, 4, 3]);
    expect(store.counts).toMatchObject({ stored: 5, evicted: 2, lost: 0 });
  });

  it('keeps the slowest of a run when the newest have pushed them out', async () => {
    const store = new MemoryStore({ newest: 4, slowest: 2 });
    await append(store, 'a', [900, 10, 800, 20]);
    await append(store, 'b', [1, 2, 3, 4]);
    expect(await times(store, 'a', 'slowest')).toEqual([900, 800]);
    expect(await times(store, 'a', 'newest')).toEqual([]);
    const { ids } = await store.paths({ run: 'a', order: 'slowest', limit: 1 });
    expect((await store.path(ids[0]!))?.columns.endToEnd[0]).toBe(900);
  });

  it('keeps the slowest requests of a run that has slower streams', async () => {
    const store = new MemoryStore({ newest: 4, slowest: 2 });
    await append(store, 'a', [5, 9, 7], 0, 0);
    await append(store, 'a', [900, 800, 700, 600], 0, 2);
    expect(await times(store, 'a', 'slowest', 10, { class: 0 })).toEqual([9, 7]);
    expect(await times(store, 'a', 'slowest', 2, { class: 2 })).toEqual([900, 800]);
    expect(await times(store, 'a', 'slowest', 3)).toEqual([900, 800, 700]);
    expect(await times(store, 'a', 'newest', 10, { class: 0 })).toEqual([]);
  });

  it('puts a path right wherever it is kept', async () => {
    const store = new MemoryStore({ newest: 3, slowest: 1 });
    const columns = somePaths([900, 1, 2, 3, 4]);
    columns.ordinal.set([4_294_967_290, 4_294_967_291, 4_294_967_295, 3, 4]);
    store.append('a', columns, 0, 5);
    const double = (c: PathColumns, row: number) => {
      c.requestBytes[row] = c.requestBytes[row]! * 2;
    };
    for (const ordinal of [4_294_967_290, 4_294_967_295, 4]) expect(store.amend(ordinal, double)).toBe(true);
    expect(store.amend(4_294_967_291, double)).toBe(false);
    const bytes = async (order: 'newest' | 'slowest') => [
      ...(await store.paths({ run: 'a', order, limit: 10 })).columns.requestBytes,
    ];
    expect(await bytes('newest')).toEqual([8, 3, 4]);
    expect(await bytes('slowest')).toEqual([1800, 8, 3, 4]);
  });
});
