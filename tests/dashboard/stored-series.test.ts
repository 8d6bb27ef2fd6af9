import { describe, expect, it } from 'vitest';
import { timeLabel, timeTicks } from '../../dashboard/chart-axes.ts';
import { columnsTable, heatTable } from '../../dashboard/chart-table.ts';
import { heatOf } from '../../dashboard/heat.ts';
import { bandsOf, marksIn } from '../../dashboard/marks.ts';
import { changeOf, storedColumns, storedRow } from '../../dashboard/stored-series.ts';
import type { SloEpisode } from '../../server/wire/episode-views.ts';
import type { SeriesPoint } from '../../server/wire/series-views.ts';
import { LAYER_IDS } from '../../server/wire/stations.ts';

const layers = (ns: number | null) => LAYER_IDS.map(() => ns);
const times = (count: number, ns: number | null) => ({ count, p50: ns, p90: ns, p99: ns, mean: ns });

function point(t: number, count: number | null, ns: number | null): SeriesPoint {
  const all = { p50: layers(ns), p90: layers(ns), p99: layers(ns), mean: layers(ns) };
  const counts = { count, classes: count === null ? null : [count, 0, 0, 0], errors: count === null ? null : 1 };
  const heat = { offset: 80, counts: count ? [count] : [] };
  return { t, ...counts, endToEnd: times(count ?? 0, ns), vnicRoundTrip: times(0, null), ...all, sampled: null, heat };
}

const THREE = [point(1_800_000_000, 20, 1000), point(1_800_000_010, 0, null), point(1_800_000_020, null, null)];

describe('a stored series', () => {
  it('is told per second in the middle of its steps; nobody’s seconds are none', () => {
    const columns = storedColumns({ points: THREE, stepS: 10 }, 'p99');
    expect(columns.t).toEqual([1_800_000_004.5, 1_800_000_014.5, 1_800_000_024.5]);
    expect(columns.requests).toEqual([2, 0, Number.NaN]);
    expect(columns.errors).toEqual([0.1, 0.1, Number.NaN]);
    expect(columns.endToEnd).toEqual([1000, Number.NaN, Number.NaN]);
    expect(columns.layers[LAYER_IDS.indexOf('service')]).toEqual([1000, Number.NaN, Number.NaN]);
    expect(columns.pressure.steal).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('is a row of layers as a whole, where something came', () => {
    expect(storedRow(THREE[0], 'web')).toMatchObject({
      vm: 'web',
      count: 20,
      errors: 1,
      endToEnd: { p99: 1000, p999: null },
    });
    expect([storedRow(THREE[1], 'web'), storedRow(THREE[2], 'web'), storedRow(undefined, 'web')]).toEqual([
      null,
      null,
      null,
    ]);
    expect([changeOf(120, 100), changeOf(50, 100), changeOf(null, 100), changeOf(5, 0)]).toEqual([
      expect.closeTo(0.2),
      -0.5,
      null,
      null,
    ]);
  });

  it('is a table of exact numbers, empty where there is none', () => {
    const { head, rows } = columnsTable('latency', storedColumns({ points: THREE, stepS: 10 }, 'p50'));
    expect(head.slice(0, 3)).toEqual(['from, UTC', 'seconds', 'end to end, ns']);
    expect(rows[0]!.slice(0, 3)).toEqual(['2027-01-15T08:00:00.000Z', 10, 1000]);
    expect(rows[2]!.slice(2)).toEqual(head.slice(2).map(() => null));
    expect(columnsTable('rate', storedColumns({ points: THREE, stepS: 10 }, 'p50')).rows[0]).toEqual([
      ...['2027-01-15T08:00:00.000Z', 10, 2, 0.1, 2],
    ]);
    expect(heatTable(heatOf(THREE, 10, 3)!).rows).toEqual([['2027-01-15T08:00:00.000Z', 10, 1024, 1117, 20]]);
  });
});

describe('the time axis', () => {
  it('has round times, none of them cut off, as many as there is room for', () => {
    expect(timeTicks(1_800_000_003, 1_800_000_063, 400)).toEqual([1_800_000_015, 1_800_000_030, 1_800_000_045]);
    for (const span of [5, 60, 900, 86_400, 30 * 86_400]) {
      const ticks = timeTicks(1_800_000_000, 1_800_000_000 + span, 800);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(10);
    }
  });

  it('tells seconds of minutes and minutes of hours', () => {
    expect(timeLabel(1_800_000_000, 60)).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(timeLabel(1_800_000_060, 6 * 3600)).toMatch(/^\d\d:\d\d$/);
  });
});

describe('marks', () => {
  it('are stretches or moments with their kind before them; what lasts goes on until now', () => {
    const of = { episode: null, text: 'x' };
    const bands = bandsOf(
      [
        { kind: 'plant', fromMs: 1_000, toMs: null, ...of },
        { kind: 'gap', fromMs: 2_000, toMs: 5_000, ...of },
        { kind: 'config', fromMs: 3_000, toMs: 3_000, ...of },
        { kind: 'breach', fromMs: 4_000, toMs: 8_000, ...of },
      ],
      9,
    );
    expect(bands).toEqual([
      { fromS: 1, toS: 9, label: 'plant: x', tone: 'plant' },
      { fromS: 2, toS: 5, label: 'gap: x', tone: 'gap' },
      { fromS: 3, toS: 3, label: 'change: x', tone: 'mark' },
      { fromS: 4, toS: 8, label: 'breach: x', tone: 'breach' },
    ]);
  });

  it('are events and breaches of the stretch in view, in one list, oldest first', () => {
    const event = (fromMs: number, toMs: number | null) => ({
      kind: 'note' as const,
      fromMs,
      toMs,
      text: '',
      run: null,
    });
    const counts = { total: 9, good: 1, bad: 8, unmeasured: 0, longPolls: 0, healthChecks: 0, multiplexed: 0 };
    const breach = (id: string, fromMs: number, toMs: number, isOpen: boolean): SloEpisode => ({
      ...{
        id,
        objective: 'fast',
        service: 'shop',
        promise: '',
        counts,
        burn: 9,
        fromMs,
        toMs,
        isOpen,
        composite: null,
      },
      rules: [{ rule: 'page', severity: 'critical', atMs: toMs }],
      composite: null,
    });
    const episodes = [breach('open', 19_000, 19_500, true), breach('over', 9_000, 10_000, false)];
    const told = (fromS: number, toS: number) =>
      marksIn({ fromS, toS }, [event(1_000, 1_000), event(12_000, null), event(20_000, 20_000)], episodes).map(
        ({ fromMs, toMs, episode }) => [fromMs, toMs, episode],
      );
    expect(told(10, 20)).toEqual([
      [9_000, 10_000, 'over'],
      [12_000, null, null],
      [19_000, null, 'open'],
    ]);
    expect(told(0, 9)).toEqual([[1_000, 1_000, null]]);
    expect(told(30, 40).map(([, , episode]) => episode)).toEqual([null, 'open']);
  });
});
