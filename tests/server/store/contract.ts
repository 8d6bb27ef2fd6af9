/** What every path store has to do: one suite, run by the test of each implementation. */
import { describe, expect, it } from 'vitest';
import { KEY_BYTES, LAYER_COUNT, type PathColumns } from '../../../server/join/paths.ts';
import type { PathFilter } from '../../../server/store/path-filter.ts';
import type { PathQuery, PathStore } from '../../../server/store/store.ts';
import { FLAGS } from '../../../server/wire/record.ts';
import { LAYER_IDS, LAYERS } from '../../../server/wire/stations.ts';
import { minutesContract } from './minutes-contract.ts';
import { seriesContract } from './series-contract.ts';
import { pathsWithLayers, somePaths } from './some-paths.ts';
import { timesContract } from './times-contract.ts';

/** Its VMs are named `vm0`, `vm1`; it keeps at least 1,000 paths. */
export type MakeStore = () => Promise<PathStore>;

export async function append(
  store: PathStore,
  run: string,
  endToEnd: readonly number[],
  vm = 0,
  exchangeClass = 0,
): Promise<void> {
  store.append(run, somePaths(endToEnd, vm, exchangeClass), 0, endToEnd.length);
  expect(await store.commit()).toBe(true);
}

export async function times(
  store: PathStore,
  run: string,
  order: PathQuery['order'],
  limit = 1000,
  only: Omit<PathQuery, 'run' | 'order' | 'limit'> = {},
): Promise<number[]> {
  const stored = await store.paths({ run, order, limit, ...only });
  expect(stored.ids).toHaveLength(stored.columns.count);
  expect(stored.runs).toEqual(stored.ids.map(() => run));
  return [...stored.columns.endToEnd.subarray(0, stored.columns.count)];
}

async function scanned(store: PathStore, run: string): Promise<{ seen: number[]; ids: string[] }> {
  const seen: number[] = [];
  const ids: string[] = [];
  for await (const { columns, ids: some } of store.scan(run)) {
    seen.push(...columns.endToEnd.subarray(0, columns.count));
    ids.push(...some);
  }
  return { seen, ids };
}

export function storeContract(name: string, make: MakeStore): void {
  timesContract(name, make);
  seriesContract(name, make);
  minutesContract(name, make);
  describe(`${name} as a path store`, () => {
    it('gives the newest first', async () => {
      const store = await make();
      await append(store, 'a', [5, 9, 7]);
      await append(store, 'a', [6]);
      expect(await times(store, 'a', 'newest')).toEqual([6, 7, 9, 5]);
      expect(await times(store, 'a', 'newest', 2)).toEqual([6, 7]);
    });

    it('gives what is not committed yet', async () => {
      const store = await make();
      await append(store, 'a', [5, 9]);
      store.append('a', somePaths([7]), 0, 1);
      expect(await times(store, 'a', 'newest')).toEqual([7, 9, 5]);
      expect(await times(store, 'a', 'slowest')).toEqual([9, 7, 5]);
      expect((await scanned(store, 'a')).seen).toEqual([5, 9, 7]);
    });

    it('gives the slowest first, never those without a time', async () => {
      const store = await make();
      await append(store, 'a', [5, Number.NaN, 9, 7]);
      expect(await times(store, 'a', 'slowest')).toEqual([9, 7, 5]);
      expect(await times(store, 'a', 'slowest', 1)).toEqual([9]);
      expect(await times(store, 'a', 'newest')).toEqual([7, 9, Number.NaN, 5]);
    });

    it('takes only the rows it is told to', async () => {
      const store = await make();
      store.append('a', somePaths([1, 2, 3, 4]), 1, 3);
      expect(await times(store, 'a', 'newest')).toEqual([3, 2]);
      expect(store.counts.stored).toBe(2);
    });

    it('gives all of a run, oldest first, a few at once', async () => {
      const store = await make();
      await append(store, 'a', [5, 9]);
      await append(store, 'b', [1]);
      await append(store, 'a', [7]);
      const { seen, ids } = await scanned(store, 'a');
      expect(seen).toEqual([5, 9, 7]);
      expect(new Set(ids).size).toBe(3);
      expect((await store.path(ids[2]!))?.columns.endToEnd[0]).toBe(7);
    });

    it('keeps runs, VMs and classes apart', async () => {
      const store = await make();
      await append(store, 'a', [1, 2], 0);
      await append(store, 'b', [3], 0);
      await append(store, 'a', [4], 1, 2);
      expect(await times(store, 'a', 'newest')).toEqual([4, 2, 1]);
      expect(await times(store, 'a', 'slowest', 10, { vm: 0 })).toEqual([2, 1]);
      expect(await times(store, 'a', 'newest', 10, { vm: 1 })).toEqual([4]);
      expect(await times(store, 'a', 'newest', 10, { class: 0 })).toEqual([2, 1]);
      expect(await times(store, 'a', 'slowest', 10, { class: 2, vm: 1 })).toEqual([4]);
      expect(await times(store, 'nobody', 'newest')).toEqual([]);
    });

    it('wants what each filter wants, and all of them together', async () => {
      const store = await make();
      const columns = somePaths([100, 200, 300, 400]);
      columns.status.set([200, 404, 503, 0]);
      columns.flags[3] = FLAGS.reset;
      columns.keys[2 * KEY_BYTES + 32]! ^= 1;
      store.append('a', columns, 0, 4);
      await store.commit();
      await append(store, 'b', new Array(15).fill(1));
      const wanted = (filter: PathFilter) => times(store, 'a', 'newest', 10, filter);
      expect(await wanted({ text: 'GET /2' })).toEqual([200]);
      expect(await wanted({ text: '00' })).toEqual([400, 300, 200, 100]);
      expect(await wanted({ text: "'; DROP TABLE paths" })).toEqual([]);
      expect(await wanted({ status: { from: 400, to: 499 } })).toEqual([200]);
      expect(await wanted({ status: { from: 0, to: 0 } })).toEqual([400]);
      expect(await wanted({ failed: true })).toEqual([400, 300, 200]);
      expect(await wanted({ slow: { layer: null, overNs: 200 } })).toEqual([400, 300, 200]);
      expect(await wanted({ connection: columns.keys.slice(0, KEY_BYTES) })).toEqual([400, 200, 100]);
      expect(await wanted({ connection: columns.keys.slice(2 * KEY_BYTES, 3 * KEY_BYTES) })).toEqual([300]);
      expect(await wanted({ failed: true, text: '00', slow: { layer: 'transfer', overNs: 300 } })).toEqual([400, 300]);
      expect(await times(store, 'a', 'slowest', 10, { status: { from: 200, to: 499 } })).toEqual([200, 100]);
    });

    it('takes the time of every layer for what deriveLayers made of it', async () => {
      const store = await make();
      const columns = pathsWithLayers(50);
      for (let row = 0; row < 50; row += 10) {
        store.append('a', columns, row, row + 10);
        await store.commit();
      }
      await append(store, 'b', new Array(15).fill(1));
      for (const { layer } of LAYERS) {
        const at = LAYER_IDS.indexOf(layer);
        const of = (row: number) => columns.layers[row * LAYER_COUNT + at]!;
        const overNs = of(12);
        const rows = Array.from({ length: 50 }, (_, row) => row).filter((row) => of(row) >= overNs);
        const found = await store.paths({ run: 'a', order: 'newest', limit: 50, slow: { layer, overNs } });
        expect([...found.columns.requestSeq].reverse(), layer).toEqual(rows.map((row) => columns.requestSeq[row]));
        expect(rows.length, layer).toBeGreaterThan(0);
        expect(rows.length, layer).toBeLessThan(50);
      }
    });

    it('gives those nearest to a time, those around a path, and the same ones at random for the same seed', async () => {
      const store = await make();
      await append(store, 'b', [1, 2, 3]);
      const values = Array.from({ length: 300 }, (_, i) => 1000 + ((i * 77) % 300));
      for (let at = 0; at < values.length; at += 15) await append(store, 'a', values.slice(at, at + 15));
      await append(store, 'a', [Number.NaN]);
      const asked = (order: PathQuery['order'], at: number, limit = 5) => times(store, 'a', order, limit, { at });
      expect((await asked('nearest', 1100, 3)).toSorted()).toEqual([1099, 1100, 1101]);
      expect(await asked('nearest', 1_000_000, 1)).toEqual([1299]);
      expect(await asked('nearest', 1150, 1000)).toHaveLength(300);
      expect((await asked('around', 3 + 40, 3)).toSorted()).toEqual(values.slice(39, 42).toSorted());
      const some = await asked('random', 7, 60);
      expect(await asked('random', 7, 60)).toEqual(some);
      expect(await asked('random', 8, 60)).not.toEqual(some);
      const mean = some.reduce((sum, ns) => sum + (Number.isNaN(ns) ? 1150 : ns), 0) / some.length;
      expect(Math.abs(mean - 1150)).toBeLessThan(40);
    });

    it('finds each path by its id, with every field as it was', async () => {
      const store = await make();
      await append(store, 'run.with.dots', [300, 400]);
      await append(store, 'other', new Array(15).fill(1));
      const all = await store.paths({ run: 'run.with.dots', order: 'newest', limit: 10 });
      const rows = somePaths([300, 400]);
      for (const [at, id] of all.ids.entries()) {
        const one = await store.path(id);
        expect(one).toMatchObject({ ids: [id], runs: ['run.with.dots'] });
        expect(fieldsOf(one!.columns, 0)).toEqual(fieldsOf(rows, 1 - at));
      }
    });

    it('puts a path right, found by its number among all pairs', async () => {
      const store = await make();
      const columns = somePaths([900, 1, 2, 3]);
      // Pairs that fell into no run leave gaps, and numbers begin again after 2^32.
      columns.ordinal.set([4_294_967_290, 4_294_967_291, 4_294_967_295, 3]);
      store.append('a', columns, 0, 4);
      const double = (c: PathColumns, row: number) => {
        c.requestBytes[row] = c.requestBytes[row]! * 2;
      };
      expect(store.amend(4_294_967_291, double)).toBe(true);
      await store.commit();
      for (const ordinal of [4_294_967_290, 4_294_967_295]) expect(store.amend(ordinal, double)).toBe(true);
      for (const ordinal of [4_294_967_292, 0, 2, 5]) expect(store.amend(ordinal, double)).toBe(false);
      await append(store, 'b', new Array(15).fill(1));
      const bytes: number[] = [];
      for await (const { columns: some } of store.scan('a')) bytes.push(...some.requestBytes);
      expect(bytes.toSorted((a, b) => a - b)).toEqual([2, 3, 4, 1800]);
      expect((await make()).amend(0, double)).toBe(false);
    });

    it('gives those that began in a stretch of time, in any order, and none where there are none', async () => {
      const store = await make();
      const columns = somePaths([5, 9, 7, 6]);
      columns.atMs.set([1_000, 2_000, 3_000.5, 4_000]);
      store.append('a', columns, 0, 4);
      await store.commit();
      await append(store, 'b', new Array(20).fill(1));
      const within = { fromMs: 2_000, toMs: 4_000 };
      expect(await times(store, 'a', 'slowest', 1000, { within })).toEqual([9, 7]);
      expect(await times(store, 'a', 'newest', 1000, { within, class: 0 })).toEqual([7, 9]);
      expect((await times(store, 'a', 'random', 1000, { within, vm: 0 })).toSorted()).toEqual([7, 9]);
      expect(await times(store, 'a', 'slowest', 1000, { within: { fromMs: 5_000, toMs: 9_000 } })).toEqual([]);
    });

    it('copies: what the caller does to its columns afterwards changes nothing', async () => {
      const store = await make();
      const columns = somePaths([1]);
      store.append('a', columns, 0, 1);
      columns.endToEnd.fill(99);
      columns.last.fill(99);
      expect(await times(store, 'a', 'newest')).toEqual([1]);
      expect((await scanned(store, 'a')).seen).toEqual([1]);
    });

    it('has no path by an id that it did not give', async () => {
      const store = await make();
      await append(store, 'a', [1]);
      for (const id of ['', 'a', 'a.', '.0', 'a.1', 'b.0', 'a.-1', 'a.1e3', 'a.0.0', `a.${'9'.repeat(30)}`]) {
        expect(await store.path(id), id).toBeNull();
      }
    });

    it('agrees with sorting everything, whatever the order of arrival', async () => {
      const store = await make();
      const values = Array.from({ length: 400 }, (_, i) => (i * 7919) % 1009);
      for (let at = 0; at < values.length; at += 13) await append(store, 'a', values.slice(at, at + 13));
      const sorted = values.toSorted((a, b) => b - a);
      expect(await times(store, 'a', 'slowest', 20)).toEqual(sorted.slice(0, 20));
      expect(await times(store, 'a', 'newest', 50)).toEqual(values.toReversed().slice(0, 50));
      expect((await scanned(store, 'a')).seen).toEqual(values);
    });

    it('forgets a run and nothing else', async () => {
      const store = await make();
      await append(store, 'a', [1, 2]);
      await append(store, 'b', [3]);
      const { ids } = await store.paths({ run: 'a', order: 'newest', limit: 1 });
      await store.forget('a');
      expect(await times(store, 'a', 'newest')).toEqual([]);
      expect(await times(store, 'a', 'slowest')).toEqual([]);
      expect(await store.path(ids[0]!)).toBeNull();
      expect((await scanned(store, 'a')).seen).toEqual([]);
      expect(await times(store, 'b', 'slowest')).toEqual([3]);
    });
  });
}

/** A row as plain values; of a time only its distance to the path's beginning, and of the guest's clock what the host makes of it. */
function fieldsOf(columns: PathColumns, row: number): Record<string, number[]> {
  const skipped = new Set(['ordinal', 'hostSource', 'guestSource']);
  const arrays = Object.entries(columns).filter(([key, value]) => ArrayBuffer.isView(value) && !skipped.has(key));
  return Object.fromEntries(
    arrays.map(([key, array]) => {
      const stride = (array as Float64Array).length / columns.capacity;
      return [key, [...(array as Float64Array).subarray(row * stride, (row + 1) * stride)]];
    }),
  );
}
