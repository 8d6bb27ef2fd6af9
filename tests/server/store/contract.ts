/** What every path store has to do: one suite, run by the test of each implementation. */
import { describe, expect, it } from 'vitest';
import { LAYER_COUNT, type PathColumns, pathColumns } from '../../../server/join/paths.ts';
import type { PathQuery, PathStore } from '../../../server/store/store.ts';
import { HEAD_BYTES } from '../../../server/wire/record.ts';

export interface Limits {
  newest: number;
  slowest: number;
}
export type MakeStore = (limits: Limits) => PathStore;

/** Rows with these end-to-end times (NaN: not measured); a row's bytes tell which one it is. */
function columnsOf(endToEnd: readonly number[], vm = 0, exchangeClass = 0): PathColumns {
  const columns = pathColumns(endToEnd.length);
  endToEnd.forEach((ns, row) => {
    columns.endToEnd[row] = ns;
    columns.vm[row] = vm;
    columns.class[row] = exchangeClass;
    columns.requestBytes[row] = ns;
    columns.layers.fill(ns, row * LAYER_COUNT, (row + 1) * LAYER_COUNT);
    columns.heads.fill(ns % 256, row * HEAD_BYTES, (row + 1) * HEAD_BYTES);
  });
  columns.count = endToEnd.length;
  return columns;
}

function append(store: PathStore, run: string, endToEnd: readonly number[], vm = 0, exchangeClass = 0): void {
  store.append(run, columnsOf(endToEnd, vm, exchangeClass), 0, endToEnd.length);
}

async function times(
  store: PathStore,
  run: string,
  order: 'slowest' | 'newest',
  limit = 1000,
  only: Pick<PathQuery, 'vm' | 'class'> = {},
) {
  const stored = await store.paths({ run, order, limit, ...only });
  expect(stored.ids).toHaveLength(stored.columns.count);
  expect(stored.runs).toEqual(stored.ids.map(() => run));
  return [...stored.columns.endToEnd.subarray(0, stored.columns.count)];
}

export function storeContract(name: string, make: MakeStore): void {
  const roomy = (): PathStore => make({ newest: 1000, slowest: 100 });

  describe(`${name} as a path store`, () => {
    it('gives the newest first', async () => {
      const store = roomy();
      append(store, 'a', [5, 9, 7]);
      append(store, 'a', [6]);
      expect(await times(store, 'a', 'newest')).toEqual([6, 7, 9, 5]);
      expect(await times(store, 'a', 'newest', 2)).toEqual([6, 7]);
    });

    it('gives the slowest first, never those without a time', async () => {
      const store = roomy();
      append(store, 'a', [5, Number.NaN, 9, 7]);
      expect(await times(store, 'a', 'slowest')).toEqual([9, 7, 5]);
      expect(await times(store, 'a', 'slowest', 1)).toEqual([9]);
      expect(await times(store, 'a', 'newest')).toEqual([7, 9, Number.NaN, 5]);
    });

    it('takes only the rows it is told to', async () => {
      const store = roomy();
      store.append('a', columnsOf([1, 2, 3, 4]), 1, 3);
      expect(await times(store, 'a', 'newest')).toEqual([3, 2]);
      expect(store.counts.stored).toBe(2);
    });

    it('gives all of a run, oldest first, a few at once', async () => {
      const store = roomy();
      append(store, 'a', [5, 9]);
      append(store, 'b', [1]);
      append(store, 'a', [7]);
      const ids: string[] = [];
      const seen: number[] = [];
      for await (const { columns, ids: some } of store.scan('a')) {
        seen.push(...columns.endToEnd.subarray(0, columns.count));
        ids.push(...some);
      }
      expect(seen).toEqual([5, 9, 7]);
      expect(new Set(ids).size).toBe(3);
      expect((await store.path(ids[2]!))?.columns.endToEnd[0]).toBe(7);
    });

    it('keeps runs and VMs apart', async () => {
      const store = roomy();
      append(store, 'a', [1, 2], 0);
      append(store, 'b', [3], 0);
      append(store, 'a', [4], 1);
      expect(await times(store, 'a', 'newest')).toEqual([4, 2, 1]);
      expect(await times(store, 'a', 'slowest', 10, { vm: 0 })).toEqual([2, 1]);
      expect(await times(store, 'a', 'newest', 10, { vm: 1 })).toEqual([4]);
      expect(await times(store, 'nobody', 'newest')).toEqual([]);
    });

    it('keeps classes apart, and the slowest requests of a run that has slower streams', async () => {
      const store = make({ newest: 4, slowest: 2 });
      append(store, 'a', [5, 9, 7], 0, 0);
      append(store, 'a', [900, 800, 700, 600], 0, 2);
      expect(await times(store, 'a', 'slowest', 10, { class: 0 })).toEqual([9, 7]);
      expect(await times(store, 'a', 'slowest', 2, { class: 2 })).toEqual([900, 800]);
      expect(await times(store, 'a', 'slowest', 3)).toEqual([900, 800, 700]);
      expect(await times(store, 'a', 'newest', 10, { class: 0 })).toEqual([]);
      expect(await times(store, 'a', 'newest', 2, { class: 2 })).toEqual([600, 700]);
    });

    it('finds each path by its id, with every field as it was', async () => {
      const store = roomy();
      append(store, 'run.with.dots', [300, 400]);
      const all = await store.paths({ run: 'run.with.dots', order: 'newest', limit: 10 });
      for (const [row, id] of all.ids.entries()) {
        const one = await store.path(id);
        const ns = all.columns.endToEnd[row] as number;
        expect(one).toMatchObject({ ids: [id], runs: ['run.with.dots'] });
        expect(one?.columns.requestBytes[0]).toBe(ns);
        expect(one?.columns.layers).toEqual(new Float64Array(LAYER_COUNT).fill(ns));
        expect(one?.columns.heads).toEqual(new Uint8Array(HEAD_BYTES).fill(ns % 256));
      }
    });

    it('puts a path right wherever it is kept, found by its number among all pairs', async () => {
      const store = make({ newest: 3, slowest: 1 });
      const columns = columnsOf([900, 1, 2, 3, 4]);
      // Pairs that fell into no run leave gaps, and numbers begin again after 2^32.
      columns.ordinal.set([4_294_967_290, 4_294_967_291, 4_294_967_295, 3, 4]);
      store.append('a', columns, 0, 5);
      const double = (c: PathColumns, row: number) => {
        c.requestBytes[row] = (c.requestBytes[row] as number) * 2;
      };
      for (const ordinal of [4_294_967_290, 4_294_967_295, 4]) expect(store.amend(ordinal, double)).toBe(true);
      for (const ordinal of [4_294_967_291, 0, 2, 5]) expect(store.amend(ordinal, double)).toBe(false);
      const bytes = async (order: 'newest' | 'slowest') => {
        const stored = await store.paths({ run: 'a', order, limit: 10 });
        return [...stored.columns.requestBytes];
      };
      expect(await bytes('newest')).toEqual([8, 3, 4]);
      expect(await bytes('slowest')).toEqual([1800, 8, 3, 4]);
      expect(make({ newest: 3, slowest: 1 }).amend(0, double)).toBe(false);
    });

    it('copies: what the caller does to its columns afterwards changes nothing', async () => {
      const store = roomy();
      const columns = columnsOf([1]);
      store.append('a', columns, 0, 1);
      columns.endToEnd.fill(99);
      expect(await times(store, 'a', 'newest')).toEqual([1]);
    });

    it.each(['', 'a', 'a.', '.0', 'a.1', 'b.0', 'a.-1', 'a.1e3', 'a.0.0', `a.${'9'.repeat(30)}`])(
      'has no path by the id "%s"',
      async (id) => {
        const store = roomy();
        append(store, 'a', [1]);
        expect(await store.path(id)).toBeNull();
      },
    );

    it('lets the oldest go when it is full, and counts them', async () => {
      const store = make({ newest: 3, slowest: 1 });
      append(store, 'a', [1, 2, 3, 4, 5]);
      expect(await times(store, 'a', 'newest')).toEqual([5, 4, 3]);
      expect(store.counts).toEqual({ stored: 5, evicted: 2 });
    });

    it('keeps the slowest of a run when the newest have pushed them out', async () => {
      const store = make({ newest: 4, slowest: 2 });
      append(store, 'a', [900, 10, 800, 20]);
      append(store, 'b', [1, 2, 3, 4]);
      expect(await times(store, 'a', 'slowest')).toEqual([900, 800]);
      expect(await times(store, 'a', 'newest')).toEqual([]);
      const { ids } = await store.paths({ run: 'a', order: 'slowest', limit: 1 });
      expect((await store.path(ids[0] as string))?.columns.endToEnd[0]).toBe(900);
    });

    it('agrees with sorting everything, whatever the order of arrival', async () => {
      const store = make({ newest: 50, slowest: 20 });
      const values = Array.from({ length: 400 }, (_, i) => (i * 7919) % 1009);
      for (let at = 0; at < values.length; at += 13) append(store, 'a', values.slice(at, at + 13));
      const sorted = values.toSorted((a, b) => b - a);
      expect(await times(store, 'a', 'slowest', 20)).toEqual(sorted.slice(0, 20));
      expect(await times(store, 'a', 'newest')).toEqual(values.toReversed().slice(0, 50));
    });

    it('forgets a run and nothing else', async () => {
      const store = roomy();
      append(store, 'a', [1, 2]);
      append(store, 'b', [3]);
      const { ids } = await store.paths({ run: 'a', order: 'newest', limit: 1 });
      store.forget('a');
      expect(await times(store, 'a', 'newest')).toEqual([]);
      expect(await times(store, 'a', 'slowest')).toEqual([]);
      expect(await store.path(ids[0] as string)).toBeNull();
      expect(await times(store, 'b', 'slowest')).toEqual([3]);
    });
  });
}
