/** Objectives over HTTP. */
import express, { type Router } from 'express';
import { checked } from './api-error.ts';
import { writeObjectives } from './openslo/objectives-text.ts';
import { sloQuerySchema } from './query-schemas.ts';
import type { SloEngine } from './slo-engine.ts';
import type { SloFile } from './slo-file.ts';
import type { SloView } from './wire/slo-views.ts';

export interface SloParts {
  engine: SloEngine;
  file: SloFile;
}

export function sloRoutes({ engine, file }: SloParts, now: () => number): Router {
  const router = express.Router();
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
  return router;
}
