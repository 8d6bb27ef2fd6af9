import { describe, expect, it } from 'vitest';
import { latencyTicks } from '../../dashboard/chart-axes.ts';
import { columnSum, type HeatPoint, heatCells, heatOf, strength } from '../../dashboard/heat.ts';
import { parseColour, ramp, shade } from '../../dashboard/heat-colours.ts';
import { HeatLog } from '../../dashboard/heat-log.ts';
import type { SeriesPoints } from '../../server/wire/series-views.ts';

const NO_TIMES = { count: 0, p50: null, p90: null, p99: null, mean: null };

function point(t: number, offset: number, ...counts: number[]): HeatPoint {
  return { t, count: counts.reduce((a, b) => a + b, 0), endToEnd: NO_TIMES, heat: { offset, counts } };
}

const nobody = (t: number): HeatPoint => ({ t, count: null, endToEnd: NO_TIMES });

describe('a heatmap', () => {
  it('has every count at its time and latency, also where columns have other buckets or none', () => {
    const heat = heatOf([point(10, 80, 1, 2), nobody(15), point(20, 79, 5, 0, 7)], 5, 3)!;
    expect(heat).toMatchObject({ fromS: 10, stepS: 5, columns: 3, rows: 3, lowest: 79, most: 7 });
    expect([...heat.counts]).toEqual([0, 1, 2, 0, 0, 0, 5, 0, 7]);
    expect([...heat.measured]).toEqual([1, 0, 1]);
    expect([0, 1, 2].map((column) => columnSum(heat, column))).toEqual([3, 0, 12]);
    expect(heatCells(heat)).toEqual([
      { fromS: 10, aboveNs: 2 ** 10, upToNs: 2 ** (81 / 8), requests: 1 },
      { fromS: 10, aboveNs: 2 ** (81 / 8), upToNs: 2 ** (82 / 8), requests: 2 },
      { fromS: 20, aboveNs: 2 ** (79 / 8), upToNs: 2 ** 10, requests: 5 },
      { fromS: 20, aboveNs: 2 ** (81 / 8), upToNs: 2 ** (82 / 8), requests: 7 },
    ]);
    expect(heatOf([nobody(1), nobody(2)], 1, 3)).toBeNull();
  });

  it('shows one request among many, and never more as less', () => {
    expect([strength(0, 1e6), strength(1, 1), strength(1e6, 1e6)]).toEqual([0, 1, 1]);
    const shades = [0, 1, 2, 5, 100, 1e4, 1e6].map((n) => shade(n, 1e6));
    expect(shades[0]).toBe(0);
    expect(shades[1]).toBeGreaterThan(0);
    expect(shades).toEqual([...new Set(shades)].sort((a, b) => a - b));
    const pixels = new Uint8Array(ramp([parseColour('#fff'), parseColour('#204060'), parseColour('#000000')]).buffer);
    expect([...pixels.subarray(0, 8)]).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
    expect([...pixels.subarray(-4)]).toEqual([0, 0, 0, 255]);
    const red = Array.from({ length: 255 }, (_, i) => pixels[4 * (i + 1)]!);
    expect(red).toEqual(red.toSorted((a, b) => b - a));
  });

  it('has round latencies at its side', () => {
    expect(latencyTicks(90_000, 2_100_000)).toEqual([1e5, 2e5, 5e5, 1e6, 2e6]);
    expect(latencyTicks(900, 2e9)).toEqual([1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]);
  });
});

describe('the last minutes of a heatmap', () => {
  const answer = (fromS: number, ...points: HeatPoint[]) => ({ fromS, points }) as unknown as SeriesPoints;

  it('are asked for once, and then only what is new or may have changed', () => {
    const log = new HeatLog();
    expect(log.missing('run vm', { fromS: 100, toS: 200 }, 5)).toEqual({ fromS: 100, toS: 200, points: 20 });
    log.add(answer(100, point(100, 80, 1), point(180, 80, 1), point(195, 80, 1)), 100);
    expect(log.missing('run vm', { fromS: 103, toS: 203 }, 5)).toEqual({ fromS: 180, toS: 205, points: 5 });
    log.add(answer(180, point(180, 80, 4), point(195, 80, 2), point(200, 80, 1)), 103);
    expect(log.points.map(({ t, heat }) => [t, heat!.counts[0]])).toEqual([
      [180, 4],
      [195, 2],
      [200, 1],
    ]);
    for (const [of, step] of [
      ['other vm', 5],
      ['other vm', 1],
    ] as const) {
      expect(log.missing(of, { fromS: 103, toS: 203 }, step)).toMatchObject({ fromS: step === 5 ? 100 : 103 });
      expect(log.points).toEqual([]);
    }
  });
});
