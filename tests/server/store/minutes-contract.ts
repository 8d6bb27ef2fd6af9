/** What every store has to do with the minutes of objectives. */
import { describe, expect, it } from 'vitest';
import type { PathColumns } from '../../../server/join/paths.ts';
import { type Indicator, indicatorId, noCounts, TALLIES } from '../../../server/slo/indicator.ts';
import type { MinuteCounts } from '../../../server/slo/minute-counts.ts';
import type { PathStore } from '../../../server/store/store.ts';
import { CLASSES } from '../../../server/wire/record.ts';
import { somePaths } from './some-paths.ts';

/** At most 100 ns of vm1. */
export const FAST: Indicator = {
  total: { vm: ['vm1'] },
  threshold: { time: 'end-to-end', op: 'lte', ns: 100 },
  longPolls: [],
  healthChecks: ['/7'],
};
export const ALL: Indicator = { total: {}, longPolls: [], healthChecks: [] };

/** `<minute>: total good …`, by indicator. */
export function told(minutes: readonly MinuteCounts[], indicator: Indicator): string[] {
  const own = minutes.filter(({ series }) => series === indicatorId(indicator));
  return own.map(({ minute, counts }) => `${minute}: ${[...counts].join(' ')}`).sort();
}

/** One path a minute, from minute 0 on, of vm1. */
export function minutely(endToEnd: readonly number[]): PathColumns {
  const columns = somePaths(endToEnd, 1);
  endToEnd.forEach((_, row) => {
    columns.atMs[row] = row * 60_000 + 59_999;
    columns.ordinal[row] = row;
  });
  return columns;
}

export function minutesContract(name: string, make: () => Promise<PathStore>): void {
  describe(`${name} as a store of minutes`, () => {
    it('counts what is appended from the moment it is told to, good, bad, unmeasured and left out', async () => {
      const store = await make();
      store.append('a', minutely([1]), 0, 1);
      await store.commit();
      await store.minutes.countBy([FAST, ALL]);
      store.append('a', minutely([100, 101, Number.NaN, 7]), 0, 4);
      store.append('a', somePaths([50], 0), 0, 1);
      await store.commit();
      const minutes = store.minutes.take();
      expect(told(minutes, FAST)).toEqual(['0: 1 1 0 0 0 0', '1: 1 0 0 0 0 0', '2: 0 0 1 0 0 0', '3: 0 0 0 0 1 0']);
      expect(told(minutes, ALL)).toEqual(['0: 2 2 0 0 0 0', '1: 1 1 0 0 0 0', '2: 1 1 0 0 0 0', '3: 1 1 0 0 0 0']);
      expect(store.minutes.take()).toEqual([]);
    });

    it('takes back what a path that is put right was counted as', async () => {
      const store = await make();
      await store.minutes.countBy([FAST]);
      store.append('a', minutely([100, 101]), 0, 2);
      await store.commit();
      store.minutes.take();
      const isStream = (columns: PathColumns, row: number) => {
        columns.class[row] = CLASSES.indexOf('stream');
      };
      expect(store.amend(1, isStream)).toBe(true);
      await store.commit();
      expect(told(store.minutes.take(), FAST)).toEqual(['1: -1 0 0 1 0 0']);
    });

    it('counts nothing of a run that was brought in from elsewhere', async () => {
      const store = await make();
      await store.minutes.countBy([ALL]);
      store.minutes.leaveOut('imported');
      store.append('imported', minutely([1, 2]), 0, 2);
      store.append('a', minutely([3]), 0, 1);
      await store.commit();
      expect(told(store.minutes.take(), ALL)).toEqual(['0: 1 1 0 0 0 0']);
    });

    it('keeps what no request brings', async () => {
      const store = await make();
      const counts = noCounts();
      counts[TALLIES.indexOf('total')] = 60;
      store.minutes.add([{ series: "vm:it's", minute: 5, counts }]);
      await store.commit();
      expect(store.minutes.take()).toEqual([{ series: "vm:it's", minute: 5, counts }]);
    });
  });
}
