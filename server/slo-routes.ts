/** Objectives over HTTP. */
import express, { type Router } from 'express';
import { checked, RequestError } from './api-error.ts';
import type { KeptRuns } from './kept-runs.ts';
import { writeObjectives } from './openslo/objectives-text.ts';
import type { Pipeline } from './pipeline.ts';
import { reportQuerySchema, sloQuerySchema } from './query-schemas.ts';
import { writeReport } from './report/verify.ts';
import { compositeParts } from './slo/composite.ts';
import { MINUTE_MS } from './slo/minute-counts.ts';
import { verdictOn } from './slo/verdict.ts';
import { dossierOf } from './slo-dossier.ts';
import type { SloEngine } from './slo-engine.ts';
import type { SloFile } from './slo-file.ts';
import { reportOf } from './slo-report.ts';
import type { EpisodeView, SloEpisode } from './wire/episode-views.ts';
import type { SloStretch, SloView } from './wire/slo-views.ts';

const MOST_EPISODES = 500;

export interface SloParts {
  engine: SloEngine;
  file: SloFile;
}

export function sloRoutes({ engine, file }: SloParts, pipeline: Pipeline, kept: KeptRuns): Router {
  const router = express.Router();
  const { now } = pipeline;
  const parts = { pipeline, kept, engine };
  router.get('/api/slo', (request, response) => {
    const { from, to } = checked(sloQuerySchema, request.query);
    const atMs = now();
    const minutes =
      from === undefined ? undefined : { from: Math.floor(from / 60), to: Math.ceil((to ?? atMs / 1000) / 60) };
    response.json({
      ...{ atMs, file: file.file, faults: [...file.faults] },
      ...{ results: engine.results(atMs, minutes), unjudged: engine.unjudged },
    } satisfies SloView);
  });
  router.get('/api/slo/objectives', (_request, response) => {
    response.type('application/yaml').send(writeObjectives(engine.documents));
  });
  router.get('/api/slo/episodes', (_request, response) => {
    response.json(engine.episodes(now()).slice(0, MOST_EPISODES) satisfies SloEpisode[]);
  });
  router.get('/api/slo/episodes/:id', async (request, response) => {
    const episode = engine.episodes(now()).find(({ id }) => id === request.params.id);
    if (episode === undefined) {
      throw new RequestError('not-found', `there is no episode ${request.params.id}: see /api/slo/episodes`);
    }
    const data = await dossierOf(parts, episode.objective, episode);
    response.json({ episode, data, verdict: verdictOn(data) } satisfies EpisodeView);
  });
  router.get('/api/slo/report', async (request, response) => {
    const { from, to, objective } = checked(reportQuerySchema, request.query);
    const asked = { fromMs: from * 1000, toMs: Math.min(to * 1000, now()) };
    const html = writeReport(await reportOf(parts, carrierOf(objective, asked) ?? worstIn(asked), asked));
    // It has no script of its own, and is to open anywhere.
    response.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    response.type('html').send(html);
  });
  /** Of a composite SLO, asked for by its own name, the part that carried most of what burnt. */
  const carrierOf = (asked: string | undefined, within: SloStretch): string | undefined => {
    const part = engine.find(asked ?? '') ?? engine.judged.find(({ objective }) => objective.slo === asked);
    const composite = part && engine.compositeOf(part.objective, within);
    return composite?.slo === asked && composite ? compositeParts(composite)[0]?.objective : asked;
  };
  /** The objective that burnt most in that time. */
  const worstIn = ({ fromMs, toMs }: SloStretch): string => {
    const minutes = { from: Math.floor(fromMs / MINUTE_MS), to: Math.ceil(toMs / MINUTE_MS) };
    const results = engine.results(now(), minutes);
    if (results.length === 0)
      throw new RequestError('not-found', 'there are no objectives: hopscope server --objectives FILE');
    return results.reduce((a, b) => ((b.budgetLeft ?? 1) < (a.budgetLeft ?? 1) ? b : a)).objective;
  };
  return router;
}
