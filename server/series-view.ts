/** A run over time as the API tells it: what the store's roll-ups say, and where nobody measured. */
import { KEPT_ERROR } from './aggregate/bucket-counts.ts';
import { HEAT_SCALE } from './aggregate/series-points.ts';
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
import type { SeriesQuery } from './store/store.ts';
import { gapsOf } from './summary.ts';
import { CLASSES } from './wire/record.ts';
import type { SeriesPoint, SeriesPoints, SeriesTimes } from './wire/series-views.ts';
import { LAYER_IDS } from './wire/stations.ts';

export type SeriesAsk = Pick<SeriesQuery, 'points' | 'leastStepS' | 'heatmap' | 'vm'> & {
  fromS?: number;
  toS?: number;
};

const NO_TIMES: SeriesTimes = { count: 0, p50: null, p90: null, p99: null, mean: null };
const NO_LAYERS = LAYER_IDS.map(() => null);

export async function seriesPoints(
  run: Run,
  pipeline: Pipeline,
  { fromS = 0, toS = Number.MAX_SAFE_INTEGER, ...ask }: SeriesAsk,
): Promise<SeriesPoints> {
  const nowMs = pipeline.now();
  const lastMs = Math.max(...run.stretches.map((stretch) => stretch.toMs ?? nowMs));
  const lasted = { fromS: Math.floor(run.stretches[0]!.fromMs / 1000), toS: Math.ceil(lastMs / 1000) };
  const { points, ...plan } = await pipeline.store.series({ run: run.id, fromS, toS, lasted, ...ask });
  const measured = new Map(points.map((point) => [point.t, point]));
  const isMeasured = measuring(run, pipeline, nowMs);
  const filled: SeriesPoint[] = [];
  for (let t = plan.fromS; t < plan.toS; t += plan.stepS) {
    filled.push(measured.get(t) ?? emptyPoint(t, isMeasured(t * 1000, (t + plan.stepS) * 1000)));
  }
  return {
    ...{ run: run.id, layers: [...LAYER_IDS], ...plan },
    ...{ relativeError: KEPT_ERROR, heatScale: HEAT_SCALE, points: filled },
  };
}

function emptyPoint(t: number, wasMeasured: boolean): SeriesPoint {
  const count = wasMeasured ? 0 : null;
  const classes = wasMeasured ? CLASSES.map(() => 0) : null;
  return {
    ...{ t, count, classes, errors: count, endToEnd: NO_TIMES, vnicRoundTrip: NO_TIMES },
    ...{ p50: NO_LAYERS, p90: NO_LAYERS, p99: NO_LAYERS, mean: NO_LAYERS, sampled: null },
  };
}

/** Tells whether the run lasted all of a stretch and no agent was away in it. */
function measuring(run: Run, pipeline: Pipeline, nowMs: number): (fromMs: number, toMs: number) => boolean {
  const gaps = gapsOf(run, pipeline);
  return (fromMs, toMs) =>
    run.stretches.some((stretch) => stretch.fromMs <= fromMs && (stretch.toMs ?? nowMs) >= toMs) &&
    !gaps.some((gap) => gap.fromMs < toMs && (gap.toMs ?? nowMs) > fromMs);
}
