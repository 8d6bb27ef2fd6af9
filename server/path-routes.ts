/** Single paths over HTTP: lists of a run's, one by its id, and what else went over its connection. */
import express, { type Router } from 'express';
import { quantilesOf } from './aggregate/series-set.ts';
import { checked, RequestError } from './api-error.ts';
import { KEY_BYTES } from './join/paths.ts';
import type { KeptRuns } from './kept-runs.ts';
import { pathView, pathViews } from './path-view.ts';
import type { Pipeline } from './pipeline.ts';
import { neighboursQuerySchema, type PathsQuery, pathsQuerySchema } from './query-schemas.ts';
import type { Run } from './run.ts';
import type { PathFilter } from './store/path-filter.ts';
import type { PathOrder } from './store/path-order.ts';
import type { StoredPaths } from './store/store.ts';
import { summarise } from './summary.ts';
import { CLASSES } from './wire/record.ts';
import type { PathView, Quantiles } from './wire/views.ts';

/** As far as a date goes, seconds. */
const LAST_S = 8.64e12;

export function pathRoutes(pipeline: Pipeline, kept: KeptRuns): Router {
  const router = express.Router();
  const views = (stored: StoredPaths) => pathViews(stored, pipeline.vmTable.names) satisfies PathView[];
  router.get('/api/runs/:id/paths', async (request, response) => {
    const run = await kept.of(request.params.id);
    const query = checked(pathsQuerySchema, request.query);
    const from = startOf(query, run, pipeline);
    if (from === null) {
      response.json([]);
      return;
    }
    const filter = filterOf(query, pipeline);
    const { sampled } = run.coverage();
    if (sampled) response.set('Hopscope-Sampled', JSON.stringify(sampled));
    response.json(views(await pipeline.store.paths({ run: run.id, limit: query.limit, ...from, ...filter })));
  });
  router.get('/api/paths/:id', async (request, response) => {
    response.json(pathView(await pathOf(pipeline, request.params.id), 0, pipeline.vmTable.names) satisfies PathView);
  });
  router.get('/api/paths/:id/neighbours', async (request, response) => {
    const { limit } = checked(neighboursQuerySchema, request.query);
    const { columns, ids, runs } = await pathOf(pipeline, request.params.id);
    const [run, at] = [runs[0]!, numberOf(ids[0]!)];
    const connection = columns.keys.slice(0, KEY_BYTES);
    const around = views(await pipeline.store.paths({ run, order: 'around', at, limit, connection }));
    response.json(around.sort((a, b) => a.atMs - b.atMs || numberOf(a.id) - numberOf(b.id)) satisfies PathView[]);
  });
  return router;
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}

async function pathOf(pipeline: Pipeline, id: string): Promise<StoredPaths> {
  const stored = await pipeline.store.path(id);
  if (stored !== null) return stored;
  throw new RequestError('not-found', `path ${id} is not kept, or never was: see /api/runs/current/paths`);
}

/** What the store is asked for; null where there is no such quantile yet, and so nothing near to it. */
function startOf(
  { order, seed, quantile, vm }: PathsQuery,
  run: Run,
  pipeline: Pipeline,
): { order: PathOrder; at?: number } | null {
  if (order === 'failed') return { order: 'newest' };
  if (order === 'random') return { order, at: seed };
  if (order !== 'nearest') return { order };
  const ns = quantilesIn(run, vm, pipeline)[quantile!];
  return ns === null ? null : { order, at: Math.round(ns) };
}

/** Requests, end to end; of a run from before this server only those of all its VMs together are known. */
function quantilesIn(run: Run, vm: string | undefined, pipeline: Pipeline): Quantiles {
  const own = run.aggregate.totals().find((total) => total.vm === vm);
  return own === undefined ? summarise(run, pipeline).endToEnd : quantilesOf(own.endToEnd);
}

function filterOf(query: PathsQuery, pipeline: Pipeline): PathFilter {
  const { order, vm, class: name, path, status, layer, over, from, to } = query;
  // Quantiles are those of requests.
  const only = name ?? (order === 'nearest' ? 'request' : undefined);
  return {
    ...(vm !== undefined && { vm: vmIndex(vm, pipeline) }),
    ...(only !== undefined && { class: CLASSES.indexOf(only) }),
    ...(path !== undefined && { text: path }),
    ...(status !== undefined && { status }),
    ...(order === 'failed' && { failed: true }),
    ...((layer !== undefined || over !== undefined) && { slow: { layer: layer ?? null, overNs: over ?? 0 } }),
    ...((from !== undefined || to !== undefined) && {
      within: { fromMs: (from ?? 0) * 1000, toMs: (to ?? LAST_S) * 1000 },
    }),
  };
}

/** Throws where no path of it was seen yet. */
export function vmIndex(name: string, { vmTable }: Pipeline): number {
  const index = vmTable.find(name);
  if (index === undefined) throw new RequestError('not-found', `no path of a VM named ${name} was seen yet`);
  return index;
}
