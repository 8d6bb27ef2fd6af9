/** What the server kept of a stretch of time, in the form that the live stream has. Pure. */

import type { SeriesPoint, SeriesPoints } from '../server/wire/series-views.ts';
import { LAYER_IDS } from '../server/wire/stations.ts';
import type { LayerRow } from '../server/wire/views.ts';
import type { Columns, QuantileName } from './series.ts';

/** Before the server has answered. */
export const NO_SERIES: Pick<SeriesPoints, 'points' | 'stepS'> = { points: [], stepS: 1 };

const numberOf = (value: number | null | undefined): number => value ?? Number.NaN;

/** Times in the middle of their steps, counts per second; where nobody measured, NaN. */
export function storedColumns(
  { points, stepS }: Pick<SeriesPoints, 'points' | 'stepS'>,
  quantile: QuantileName,
): Columns {
  const each = (of: (point: SeriesPoint) => number | null | undefined) => points.map((point) => numberOf(of(point)));
  const perSecond = (of: (point: SeriesPoint) => number | null | undefined) => each(of).map((n) => n / stepS);
  const nobody = points.map(() => Number.NaN);
  return {
    t: points.map(({ t }) => t + (stepS - 1) / 2),
    stepS,
    layers: LAYER_IDS.map((_, i) => each((point) => point[quantile][i])),
    endToEnd: each(({ endToEnd }) => endToEnd[quantile]),
    count: perSecond(({ count }) => count),
    requests: perSecond(({ classes }) => classes?.[0]),
    errors: perSecond(({ errors }) => errors),
    pressure: { steal: nobody, vcpuDelay: nobody, hostPressure: nobody, guestPressure: nobody },
  };
}

/** A stretch as one row of layers. @returns null where nothing came, or nobody measured */
export function storedRow(whole: SeriesPoint | undefined, vm: string): LayerRow | null {
  if (!whole?.count || whole.classes === null) return null;
  const { count, classes, errors, endToEnd, p50, p90, p99, mean } = whole;
  return { vm, count, classes, errors: errors ?? 0, endToEnd: { ...endToEnd, p999: null }, p50, p90, p99, mean };
}

/** How much more `now` is than `before`, as a share of it; null where one is not known. */
export function changeOf(now: number | null | undefined, before: number | null | undefined): number | null {
  if (now == null || before == null || before <= 0) return null;
  return now / before - 1;
}
