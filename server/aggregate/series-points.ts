/** Stored roll-ups as the points of a chart: merged, never averaged. */
import type { HeatColumn, SeriesPoint, SeriesTimes } from '../wire/series-views.ts';
import { type BucketCounts, KEPT_SCALE } from './bucket-counts.ts';
import { RollUp } from './roll-up.ts';
import { addRollUpBytes } from './roll-up-bytes.ts';
import type { SeriesPlan } from './series-plan.ts';
import { SERIES } from './series-set.ts';

/** Eight rows of a heatmap an octave. */
export const HEAT_SCALE = 3;

/** A roll-up as it is stored. */
export interface RollUpRow {
  /** First wall second. */
  t: number;
  /** It takes away what another one has too much. */
  minus: boolean;
  data: Uint8Array;
}

/** The points that have something, oldest first, of rows in any order. */
export function pointsOf(
  rows: readonly RollUpRow[],
  { fromS, toS, stepS }: SeriesPlan,
  heatmap: boolean,
): SeriesPoint[] {
  const points: SeriesPoint[] = [];
  const rollUp = new RollUp();
  const startOf = ({ t }: RollUpRow) => fromS + Math.floor((t - fromS) / stepS) * stepS;
  const wanted = rows.filter(({ t }) => t >= fromS && t < toS).sort((a, b) => a.t - b.t);
  wanted.forEach((row, i) => {
    addRollUpBytes(row.data, rollUp, row.minus ? -1 : 1);
    const next = wanted[i + 1];
    if (next !== undefined && startOf(next) === startOf(row)) return;
    if (rollUp.counted('exchanges') > 0) points.push(pointOf(startOf(row), rollUp, heatmap));
    rollUp.clear();
  });
  return points;
}

function pointOf(t: number, rollUp: RollUp, heatmap: boolean): SeriesPoint {
  const count = rollUp.counted('exchanges');
  return {
    t,
    count,
    classes: rollUp.classes,
    errors: rollUp.counted('errors'),
    endToEnd: timesOf(rollUp.series[SERIES.endToEnd]),
    vnicRoundTrip: timesOf(rollUp.series[SERIES.roundTrip]),
    p50: rollUp.layerQuantiles(0.5),
    p90: rollUp.layerQuantiles(0.9),
    p99: rollUp.layerQuantiles(0.99),
    mean: rollUp.layerMeans,
    sampled: rollUp.sampled,
    ...(heatmap && { heat: heatOf(rollUp.series[SERIES.endToEnd]) }),
  };
}

function timesOf(counts: BucketCounts | undefined): SeriesTimes {
  const quantile = (q: number) => counts?.quantile(q) ?? null;
  const [p50, p90, p99] = [quantile(0.5), quantile(0.9), quantile(0.99)];
  return { count: counts?.count ?? 0, p50, p90, p99, mean: counts?.mean ?? null };
}

/** Fewer buckets an octave: an index halves with each step of the scale. */
function heatOf(counts: BucketCounts | undefined): HeatColumn {
  const { offset, counts: fine } = counts?.used() ?? { offset: 0, counts: [] };
  const coarse = 2 ** (KEPT_SCALE - HEAT_SCALE);
  const first = Math.floor(offset / coarse);
  const heat: number[] = [];
  fine.forEach((count, i) => {
    const at = Math.floor((offset + i) / coarse) - first;
    heat[at] = (heat[at] ?? 0) + count;
  });
  return { offset: first, counts: heat };
}
