/** What every path store has to do with the times of a whole run. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../server/compare/random.ts';
import { CLOCK_METHODS, GAP } from '../../../server/join/clock-method.ts';
import { deriveLayers } from '../../../server/join/layers.ts';
import { type PathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { quantilesOf, TIME_NAMES, timesOf } from '../../../server/store/run-times.ts';
import type { PathStore, StoredPaths } from '../../../server/store/store.ts';
import { CLASSES } from '../../../server/wire/record.ts';
import { GUEST_STATIONS, stationIndex } from '../../../server/wire/stations.ts';
import { append, type MakeStore } from './contract.ts';
import { somePaths } from './some-paths.ts';

export function timesContract(name: string, make: MakeStore): void {
  describe(`${name} as a store of times`, () => {
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

    it('gives those of a stretch of time alone', async () => {
      const store = await make();
      const paths = patchyPaths(208);
      for (let row = 0; row < paths.count; row++) paths.atMs[row] = 1_000 + ((row * 37) % 208);
      await appendPieces(store, 'a', paths);
      const within = { fromMs: 1_050, toMs: 1_150 };
      const expected = await timesOf(asStored(paths), TIME_NAMES, within);
      expect(expected.rows).toBe(100);
      expect(expected.bounds.length).toBeGreaterThan(60);
      expect(await store.times('a', TIME_NAMES, within)).toEqual(expected);
      expect(await store.count('a', within)).toBe(100);
      expect((await store.times('a', ['wait'], { fromMs: 5_000, toMs: 6_000 })).rows).toBe(0);
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
