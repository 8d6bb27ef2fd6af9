import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completeColumns,
  isComplete,
  LiveSeries,
  meanOfLast,
  RETAIN_S,
  requestRate,
  shares,
} from '../../dashboard/series.ts';
import { LAYER_IDS, LAYERS } from '../../server/wire/stations.ts';
import type { SecondRow } from '../../server/wire/views.ts';

function row(t: number, count: number, vm = 'web', errors = 0): SecondRow {
  const along = (factor: number) => LAYER_IDS.map((_, i) => (i === 0 ? null : factor * i));
  const endToEnd = { count, p50: 66, p90: 132, p99: 198, p999: null, mean: 66 };
  const contention = { steal: 0.25, vcpuDelay: null, vcpuTime: null, cpuPressure: { host: 0.5, guest: null } };
  const classes = [count, 0, 0, 0];
  return {
    t,
    vm,
    count,
    classes,
    errors,
    ...contention,
    endToEnd,
    p50: along(1),
    p90: along(2),
    p99: along(3),
    mean: along(1),
  };
}

function filled(...rows: SecondRow[]): LiveSeries {
  const series = new LiveSeries();
  series.apply(rows);
  return series;
}

describe('LiveSeries', () => {
  it('gives one column per layer and the chosen quantile', () => {
    const columns = filled(row(10, 5, 'web', 2), row(11, 6)).columns('web', 'p99', 0, 100);
    expect(columns.t).toEqual([10, 11]);
    expect(columns.count).toEqual([5, 6]);
    expect(columns.errors).toEqual([2, 0]);
    expect(columns.endToEnd).toEqual([198, 198]);
    expect(columns.layers).toHaveLength(LAYER_IDS.length);
    expect(columns.layers[0]).toEqual([Number.NaN, Number.NaN]);
    expect(columns.layers[4]).toEqual([12, 12]);
  });

  it('gives the pressure of each second, and nothing where nobody told', () => {
    const { pressure } = filled(row(10, 5), row(12, 6)).columns('web', 'p99', 0, 100);
    expect(pressure.steal).toEqual([0.25, Number.NaN, 0.25]);
    expect(pressure.hostPressure).toEqual([0.5, Number.NaN, 0.5]);
    expect(pressure.vcpuDelay).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('replaces the row of the same second and VM, and only that one', () => {
    const series = filled(row(10, 5), row(10, 7, 'other'), row(11, 6));
    series.apply([row(10, 9)]);
    expect(series.columns('web', 'p50', 0, 100).count).toEqual([9, 6]);
    expect(series.columns('other', 'p50', 0, 100).count).toEqual([7]);
  });

  it('shows a missing second as NaN, so that nothing is drawn across it', () => {
    const columns = filled(row(10, 5), row(13, 6)).columns('web', 'p50', 0, 100);
    expect(columns.t).toEqual([10, 11, 12, 13]);
    expect(columns.count).toEqual([5, Number.NaN, Number.NaN, 6]);
    expect(columns.endToEnd[1]).toBeNaN();
  });

  it('cuts to the asked seconds, the end excluded', () => {
    const series = filled(...[10, 11, 12, 13].map((t) => row(t, t)));
    expect(series.columns('web', 'p50', 11, 13).t).toEqual([11, 12]);
  });

  it('forgets what is older than fifteen minutes, and VMs that fell silent that long ago', () => {
    const series = filled(row(0, 1, 'gone'), row(1, 1), row(RETAIN_S, 1));
    series.apply([row(RETAIN_S + 5, 1)]);
    expect(series.vms).toEqual(['web']);
    expect(series.columns('web', 'p50', 0, 1e9).t.at(0)).toBe(RETAIN_S);
  });

  it('knows nothing after clear', () => {
    const series = filled(row(1, 1));
    series.clear();
    expect(series.columns('web', 'p50', 0, 10).t).toEqual([]);
    expect(series.vms).toEqual([]);
  });

  it('equals the obvious map, whatever order rows and replacements come in', () => {
    const arrival = fc.record({ t: fc.integer({ min: 0, max: 1200 }), count: fc.nat(), vm: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(fc.array(fc.array(arrival, { maxLength: 6 })), (batches) => {
        const series = new LiveSeries();
        const obvious = new Map<string, SecondRow>();
        for (const batch of batches) {
          series.apply(batch.map((r) => row(r.t, r.count, r.vm)));
          for (const r of batch) obvious.set(`${r.vm} ${r.t}`, row(r.t, r.count, r.vm));
          const newest = Math.max(...[...obvious.values()].map((r) => r.t));
          for (const [key, r] of obvious) if (r.t <= newest - RETAIN_S) obvious.delete(key);
        }
        for (const vm of ['a', 'b']) {
          const expected = [...obvious.values()].filter((r) => r.vm === vm).sort((x, y) => x.t - y.t);
          const columns = series.columns(vm, 'p50', 0, 2000);
          const present = columns.t.flatMap((t, i) => (Number.isNaN(columns.count[i]) ? [] : [[t, columns.count[i]]]));
          expect(present).toEqual(expected.map((r) => [r.t, r.count]));
        }
      }),
    );
  });
});

describe('isComplete', () => {
  it('waits half a second after the end of the second', () => {
    expect(isComplete(10, 11_499)).toBe(false);
    expect(isComplete(10, 11_500)).toBe(true);
  });
});

describe('completeColumns', () => {
  it('leaves out the second that is still filling, in every column', () => {
    const columns = filled(row(10, 100), row(11, 200), row(12, 5)).columns('web', 'p50', 0, 100);
    const complete = completeColumns(columns, 12_600);
    expect(complete.t).toEqual([10, 11]);
    expect(complete.count).toEqual([100, 200]);
    for (const values of [...complete.layers, ...Object.values(complete.pressure), complete.endToEnd, complete.errors])
      expect(values).toHaveLength(2);
  });

  it('is empty before the first second is over', () => {
    expect(completeColumns(filled(row(10, 1)).columns('web', 'p50', 0, 100), 10_900).t).toEqual([]);
  });
});

describe('requestRate', () => {
  const columns = filled(row(10, 100), row(11, 200), row(13, 60)).columns('web', 'p50', 0, 100);

  it('is the mean of the seconds, one without a row counting as no requests', () => {
    expect(requestRate(columns)).toBe(90);
  });

  it('takes the last seconds only', () => {
    expect(requestRate(columns, 2)).toBe(30);
  });

  it('is null before the first second', () => {
    expect(requestRate(new LiveSeries().columns('web', 'p50', 0, 100))).toBeNull();
  });
});

describe('shares', () => {
  it('adds up to one over the layers of the sum and leaves the client out', () => {
    const all = shares(row(1, 1));
    expect(all[0]).toBeNull();
    const ofSum = LAYERS.map(({ layer }) => all[LAYER_IDS.indexOf(layer)] ?? 0);
    expect(ofSum.reduce((sum, s) => sum + s, 0)).toBeCloseTo(1, 12);
  });

  it('is null for a layer that was not measured and when nothing was', () => {
    const partial = { ...row(1, 1), mean: LAYER_IDS.map((_, i) => (i === 3 ? 5 : null)) };
    expect(shares(partial)[3]).toBe(1);
    expect(shares(partial)[4]).toBeNull();
    expect(shares({ ...row(1, 0), mean: LAYER_IDS.map(() => null) }).every((s) => s === null)).toBe(true);
  });
});

describe('meanOfLast', () => {
  it('is of the values that are there among the last ones', () => {
    expect(meanOfLast([9, 9, 1, Number.NaN, 3], 3)).toBe(2);
  });

  it('is null where none is there', () => {
    expect(meanOfLast([], 3)).toBeNull();
    expect(meanOfLast([5, Number.NaN, Number.NaN], 2)).toBeNull();
  });
});
