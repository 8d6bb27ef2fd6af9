/** What every path store has to do: one suite, run by the test of each implementation. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../server/compare/random.ts';
import { CLOCK_METHODS, GAP } from '../../../server/join/clock-method.ts';
import { deriveLayers } from '../../../server/join/layers.ts';
import { type PathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { quantilesOf, TIME_NAMES, timesOf } from '../../../server/store/run-times.ts';
import type { PathQuery, PathStore, StoredPaths } from '../../../server/store/store.ts';
import { CLASSES } from '../../../server/wire/record.ts';
import { GUEST_STATIONS, stationIndex } from '../../../server/wire/stations.ts';
import { somePaths } from './some-paths.ts';

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
  order: 'slowest' | 'newest',
  limit = 1000,
  only: Pick<PathQuery, 'vm' | 'class'> = {},
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

    it('gives the times of all requests of a run in the order of time, whatever was not measured', async () => {
      const store = await make();
      const paths = patchyPaths(208);
      await appendPieces(store, 'a', paths);
      await append(store, 'b', [1, 2]);
      const found = await store.times('a', TIME_NAMES);
      const expected = await timesOf(asStored(paths), TIME_NAMES);
      expect(expected.bounds.length).toBeGreaterThan(150);
      expect(found).toEqual(expected);
      expect([...(await store.times('a', ['wait', 'client'])).times.keys()]).toEqual(['wait', 'client']);
      expect(await store.count('a')).toBe(208);
      expect((await store.times('nobody', ['wait'])).rows).toBe(0);
      expect(await store.count('nobody')).toBe(0);
    });

    it('gives exact quantiles, as sorting the times of all requests does', async () => {
      const store = await make();
      const paths = patchyPaths(208);
      await appendPieces(store, 'a', paths);
      const quantiles = [0.001, 0.5, 0.9, 0.99, 0.999, 1];
      const found = await store.quantiles('a', quantiles);
      expect(found).toEqual(quantilesOf(await timesOf(asStored(paths), TIME_NAMES), quantiles));
      expect(found.times.filter(({ count }) => count === 0)).toEqual([]);
      const nothing = await store.quantiles('nobody', [0.5]);
      expect(nothing.times.map(({ name, values }) => [name, values])).toEqual(TIME_NAMES.map((name) => [name, [null]]));
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

async function appendPieces(store: PathStore, run: string, paths: PathColumns): Promise<void> {
  for (let at = 0; at < paths.count; at += 16) {
    store.append(run, paths, at, Math.min(paths.count, at + 16));
    await store.commit();
  }
}

async function* asStored(columns: PathColumns): AsyncGenerator<StoredPaths> {
  yield { columns, ids: [], runs: [] };
}

/** Paths of all classes in which any station, clock or measurement may be missing, a stamp be out of order, a clock have jumped. */
function patchyPaths(count: number): PathColumns {
  const columns = somePaths(new Array(count).fill(1));
  const random = seededRandom(7);
  const some = (most: number, missing = 0.1) => (random() < missing ? Number.NaN : Math.floor(random() * most));
  const guest = new Set(GUEST_STATIONS.map(stationIndex));
  for (let row = 0; row < count; row++) {
    columns.atMs[row] = 1_795_000_000_000 + Math.floor(random() * 4000) / 4;
    columns.class[row] = random() < 0.8 ? 0 : Math.floor(random() * CLASSES.length);
    columns.clockMethod[row] = random() < 0.1 ? GAP : Math.floor(random() * CLOCK_METHODS.length);
    columns.guestOffset[row] = some(1000, 0.2) + 4e12;
    columns.bound[row] = some(5000);
    for (let station = 0; station < STATION_COUNT; station++) {
      const at = row * STATION_COUNT + station;
      const steps = station * 1_000_000 + some(1_200_000) + (random() < 0.02 ? 3e9 : 0);
      columns.first[at] = 7e12 + steps - (guest.has(station) ? 4e12 : 0);
      columns.last[at] = columns.first[at]! + some(3000, 0);
    }
    for (const times of [columns.clientRtt, columns.acked]) times[row] = some(80e6, 0.2);
    for (const times of [columns.connect, columns.runDelay, columns.upstream]) times[row] = some(2e6, 0.2);
  }
  deriveLayers(columns, 0, count);
  return columns;
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
