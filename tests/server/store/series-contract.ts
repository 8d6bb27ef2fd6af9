/** What every path store has to do with roll-ups. */
import { describe, expect, it } from 'vitest';
import { KEPT_ERROR } from '../../../server/aggregate/bucket-counts.ts';
import type { PathColumns } from '../../../server/join/paths.ts';
import type { SeriesQuery } from '../../../server/store/store.ts';
import type { MakeStore } from './contract.ts';
import { somePaths } from './some-paths.ts';

export function seriesContract(name: string, make: MakeStore): void {
  describe(`${name} as a store of roll-ups`, () => {
    it('has every path in the roll-ups of its second, minute and hour, late ones and those put right as well', async () => {
      const store = await make();
      const all = manyPaths(900);
      for (let at = 0; at < 900; at += 15) {
        store.append('a', all, at, at + 15);
        await store.commit();
        if (at === 450) await store.maintain(0);
      }
      for (const ordinal of [886, 890, 899]) {
        const put = (columns: PathColumns, row: number) => {
          columns.class[row] = 2;
          columns.status[row] = 503;
          columns.endToEnd[row] = 123_456_789;
        };
        expect(store.amend(ordinal, put)).toBe(true);
        put(all, ordinal);
      }
      const steps = [
        { points: 4000, toS: HOUR + 3600, stepS: 1 },
        { points: 400, toS: HOUR + 30_000, stepS: 60 },
        { points: 100, toS: HOUR + 30_000, stepS: 300 },
        { points: 40, toS: HOUR + 30_000, stepS: 600 },
        { points: 7, toS: HOUR + 30_000, stepS: 3600 },
      ];
      for (const { points, toS, stepS } of [...steps, ...steps]) {
        const { points: found, ...plan } = await store.series({ ...asked('a', points), toS });
        expect(plan.stepS).toBe(stepS);
        const before = counted(all, stepS).filter(({ t }) => t < toS);
        expect(found.map(({ t, count, errors }) => ({ t, count, errors }))).toEqual(before);
        for (const { t, endToEnd } of found) expect(endToEnd).toEqual(near(all, t, stepS));
        const whole = await store.series({ ...asked('a', 1), fromS: HOUR + 401, toS: toS - 7 });
        const within = all.atMs.subarray(0, 900).filter((ms) => ms >= (HOUR + 401) * 1000 && ms < (toS - 7) * 1000);
        expect(whole.points.map(({ count }) => count)).toEqual([within.length]);
        if (stepS === 3600) await store.maintain(0);
      }
      const ofVm = await store.series({ ...asked('a', 2), vm: 1 });
      expect(ofVm.points.reduce((sum, { count }) => sum + count!, 0)).toBe(300);
      await store.forget('a');
      expect((await store.series(asked('a', 2))).points).toEqual([]);
    });
  });
}

/** Beginning of an hour, wall seconds. */
const HOUR = 1_800_000_000;

/** Some in each of many seconds of five hours, a tenth of them late; vm 0, 0, 1 in turn. */
function manyPaths(count: number): PathColumns {
  const columns = somePaths(Array.from({ length: count }, (_, i) => 1_000_000 + ((i * 7919) % 1009) * 5_000));
  for (let row = 0; row < count; row++) {
    const late = row % 10 === 9 ? 300_000 : 0;
    columns.ordinal[row] = row;
    columns.atMs[row] = (HOUR + 400) * 1000 + Math.floor(row / 5) * 100_000 + (row % 5) * 200 - late;
    columns.vm[row] = row % 3 === 2 ? 1 : 0;
    columns.status[row] = row % 50 === 0 ? 500 : 200;
  }
  return columns;
}

function asked(run: string, points: number): SeriesQuery {
  const lasted = { fromS: HOUR + 30, toS: HOUR + 19_000 };
  return { run, fromS: 0, toS: Number.MAX_SAFE_INTEGER, lasted, points, heatmap: false };
}

function rowsBy(all: PathColumns, stepS: number): [t: number, rows: number[]][] {
  const stepOf = (row: number) => Math.floor(all.atMs[row]! / 1000 / stepS) * stepS;
  const rows = Array.from({ length: all.count }, (_, row) => row);
  return [...Map.groupBy(rows, stepOf)].sort(([a], [b]) => a - b);
}

function counted(all: PathColumns, stepS: number) {
  return rowsBy(all, stepS).map(([t, rows]) => ({
    t,
    count: rows.length,
    errors: rows.filter((row) => all.status[row]! >= 500).length,
  }));
}

/** What sorting all requests of a step says, to be met as nearly as roll-ups are. */
function near(all: PathColumns, t: number, stepS: number) {
  const rows = rowsBy(all, stepS).find(([at]) => at === t)![1];
  const times = rows.filter((row) => all.class[row] === 0).map((row) => all.endToEnd[row]!);
  times.sort((a, b) => a - b);
  const quantile = (q: number) => {
    const real = times[Math.max(1, Math.ceil(q * times.length)) - 1];
    if (real === undefined) return null;
    return expect.toSatisfy((ns: number) => Math.abs(ns - real) <= real * KEPT_ERROR * 1.000001);
  };
  const mean = times.length === 0 ? null : times.reduce((sum, ns) => sum + ns, 0) / times.length;
  const nearMean = mean === null ? null : expect.closeTo(mean, 0);
  return { count: times.length, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99), mean: nearMean };
}
