/** Everything over plain HTTP: the API, health, metrics and the dashboard's files. */
import compression from 'compression';
import express, { type Express, type RequestHandler, type Response, type Router } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { checked, errorBody, errorHandler, notFound, RequestError } from './api-error.ts';
import { Comparisons } from './comparisons.ts';
import { dashboardFiles } from './dashboard-files.ts';
import { eventsOf } from './events.ts';
import type { KeptRuns } from './kept-runs.ts';
import { metricsText } from './metrics.ts';
import type { MetricsText } from './metrics-text.ts';
import { hostFault } from './origin.ts';
import { pathRoutes, vmIndex } from './path-routes.ts';
import type { Pipeline } from './pipeline.ts';
import {
  compareQuerySchema,
  eventsQuerySchema,
  quantilesQuerySchema,
  runsQuerySchema,
  seriesQuerySchema,
  vmQuerySchema,
} from './query-schemas.ts';
import { withRecording } from './recordings.ts';
import { runInfo } from './run.ts';
import { runRoutes } from './run-routes.ts';
import type { RunStretch } from './run-stretch.ts';
import { seriesPoints } from './series-view.ts';
import { SloMetrics } from './slo-metrics.ts';
import { type SloParts, sloRoutes } from './slo-routes.ts';
import { summarise } from './summary.ts';
import type { Views } from './views.ts';
import type { CompareView } from './wire/compare-views.ts';
import type { EventView } from './wire/event-views.ts';
import type { VmSummary } from './wire/machine-views.ts';
import { type QuantilesView, RUNS_TOTAL } from './wire/run-views.ts';
import type { SeriesPoints } from './wire/series-views.ts';
import type { Settings } from './wire/settings.ts';
import { LAYER_IDS } from './wire/stations.ts';
import type { RunInfo, SeriesView, Summary } from './wire/views.ts';

/** Per client and minute: far above any dashboard, below a flood. */
const REQUESTS_PER_MINUTE = 6_000;

export interface ApiOptions {
  pipeline: Pipeline;
  kept: KeptRuns;
  views: Views;
  slo: SloParts;
  token: string;
  allowOrigins: readonly string[];
  dashboard: string;
  log: Logger;
  /** Live clients now. */
  liveClients: () => number;
  /** Where the traces of a user's own backend are; null where nobody said. */
  traceUrl: string | null;
  /** Why the server cannot take in agents, or null. */
  notReady: () => string | null;
}

export function makeApi(options: ApiOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(options.log), securityHeaders(), ownName(options.allowOrigins));
  app.use(probes(options));
  app.use(limiter(), compression());
  app.use(readRoutes(options), pathRoutes(options.pipeline, options.kept));
  app.use(runRoutes(options.pipeline, options.kept, options.token));
  app.use(sloRoutes(options.slo, options.pipeline, options.kept));
  app.use('/api', notFound);
  app.use(dashboardFiles(options.dashboard));
  app.use(notFound, errorHandler(options.log));
  return app;
}

/** One short line a request, without headers: they carry the token. */
function requestLog(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'debug'),
    serializers: {
      req: ({ id, method, url, remoteAddress }) => ({ id, method, url, remoteAddress }),
      res: ({ statusCode }) => ({ statusCode }),
    },
  });
}

/** Plain HTTP on a name or address is normal here, so nothing that assumes TLS. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
}

function ownName(allowOrigins: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const fault = hostFault(request, allowOrigins);
    if (fault !== null) throw new RequestError('forbidden', fault);
    next();
  };
}

function limiter(): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: REQUESTS_PER_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // A UNIX socket has no address.
    keyGenerator: (request) => (request.ip === undefined ? 'local' : ipKeyGenerator(request.ip)),
    message: errorBody('too-many-requests', `more than ${REQUESTS_PER_MINUTE} requests in a minute: ask less often`),
  });
}

/** Liveness, readiness: never limited. Ready is being able to take in; who is attached stands in the body. */
function probes({ pipeline, notReady }: ApiOptions): Router {
  const router = express.Router();
  router.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  router.get('/readyz', (_request, response) => {
    const reason = notReady();
    const attached = pipeline.registry.all().filter((a) => a.connected);
    const count = (role: string) => attached.filter((a) => a.hello.role === role).length;
    response
      .status(reason === null ? 200 : 503)
      .json({ ready: reason === null, reason, agents: { host: count('host'), guest: count('guest') } });
  });
  return router;
}

/** Resolves when it is sent, or the client has gone. */
function sendFile(response: Response, file: string, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.type('application/vnd.apache.parquet');
    response.download(file, name, (error) => (error && !response.headersSent ? reject(error) : resolve()));
  });
}

function ofVm({ run, byVm }: Summary, name: string): VmSummary {
  const own = byVm[name];
  if (own !== undefined) return own;
  const there = Object.keys(byVm).join(', ') || 'none';
  throw new RequestError('not-found', `run ${run.id} has no summary of a VM named ${name}; it has: ${there}`);
}

function readRoutes({ pipeline, kept, views, slo, liveClients, traceUrl }: ApiOptions): Router {
  const router = express.Router();
  router.get('/api/runs', async (request, response) => {
    const { runs, total } = await kept.page(checked(runsQuerySchema, request.query));
    response.set(RUNS_TOTAL, `${total}`).json(runs satisfies RunInfo[]);
  });
  router.get('/api/runs/:id', async (request, response) => {
    response.json(runInfo(await kept.of(request.params.id)) satisfies RunInfo);
  });
  router.get('/api/runs/:id/summary', async (request, response) => {
    const { vm } = checked(vmQuerySchema, request.query);
    const summary = summarise(await kept.of(request.params.id), pipeline);
    if (vm === undefined) response.json(summary satisfies Summary);
    else response.json(ofVm(summary, vm) satisfies VmSummary);
  });
  router.get('/api/runs/:id/quantiles', async (request, response) => {
    const run = await kept.of(request.params.id);
    const { q } = checked(quantilesQuerySchema, request.query);
    const { requests, times } = await pipeline.store.quantiles(run.id, q);
    const { joined } = summarise(run, pipeline).exchanges;
    response.json({ run: run.id, exact: true, requests, joined, quantiles: q, times } satisfies QuantilesView);
  });
  router.get('/api/runs/:id/series', async (request, response) => {
    const run = await kept.of(request.params.id);
    const { from, to, vm, points, step, heatmap } = checked(seriesQuerySchema, request.query);
    if (points !== undefined) {
      const ask = {
        points,
        leastStepS: step ?? 1,
        heatmap: heatmap === '1',
        ...(vm === undefined ? {} : { vm: vmIndex(vm, pipeline) }),
      };
      const range = { ...(from === undefined ? {} : { fromS: from }), ...(to === undefined ? {} : { toS: to }) };
      response.json((await seriesPoints(run, pipeline, { ...ask, ...range })) satisfies SeriesPoints);
      return;
    }
    const rows = run.aggregate.series(from ?? 0, to ?? Number.MAX_SAFE_INTEGER, vm);
    response.json({ run: run.id, layers: [...LAYER_IDS], rows } satisfies SeriesView);
  });
  router.get('/api/runs/:id/events', async (request, response) => {
    const { from = 0, to = Number.MAX_SAFE_INTEGER } = checked(eventsQuerySchema, request.query);
    const run = await kept.of(request.params.id);
    response.json(eventsOf(run, pipeline, { fromMs: from * 1000, toMs: to * 1000 }) satisfies EventView[]);
  });
  router.get('/api/runs/:id/export', async (request, response) => {
    const run = await kept.of(request.params.id);
    await withRecording(pipeline, run, (file) =>
      sendFile(response, file, `${run.name.replaceAll(/[^\w.-]+/g, '-')}.parquet`),
    );
  });
  const comparisons = new Comparisons(pipeline);
  router.get('/api/compare', async (request, response) => {
    const { a, b, seed, force } = checked(compareQuerySchema, request.query);
    const options = { seed, force: force === '1' };
    const side = async ({ run, within }: RunStretch) => ({ run: await kept.of(run), within });
    response.json((await comparisons.compare(await side(a), await side(b), options)) satisfies CompareView);
  });
  router.get('/api/health', (_request, response) => void response.json(views.health()));
  router.get('/api/settings', (_request, response) => void response.json({ traceUrl } satisfies Settings));
  const sloMetrics = new SloMetrics();
  router.get('/metrics', (_request, response) => {
    const writeSlo = (text: MetricsText) => sloMetrics.write(text, slo.engine.judged, pipeline.now());
    response
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(metricsText(pipeline, { counters: views.counters(), liveClients: liveClients(), writeSlo }));
  });
  return router;
}
