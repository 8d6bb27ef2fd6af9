/** Changing what is on record: runs begin, end, are renamed, annotated, deleted, brought in from elsewhere. */
import { timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline as streamed } from 'node:stream/promises';
import express, { type Request, type RequestHandler, type Router } from 'express';
import { checked, RequestError } from './api-error.ts';
import type { KeptRuns } from './kept-runs.ts';
import { loadTotal } from './load-total.ts';
import type { Pipeline } from './pipeline.ts';
import { vmQuerySchema } from './query-schemas.ts';
import { importRecording } from './replay.ts';
import { type Run, runInfo } from './run.ts';
import { MAX_STRETCHES } from './run-list.ts';
import { MAX_NOTES, noteDown } from './run-notes.ts';
import { changeRunSchema, loadSchema, newRunSchema, plantSchema } from './schemas.ts';
import { RecordingError } from './store/recording.ts';
import { summarise } from './summary.ts';
import type { LoadSummary, RunInfo, RunNote, Summary } from './wire/views.ts';

const BODY_LIMIT = '64kb';
const IMPORT_BYTES = 512 * 2 ** 20;
const UPLOAD = 'upload.parquet';
/** As many as an aggregate keeps apart. */
const MAX_LOADS = 64;

/** What changes something wants the agents' token. */
export function runRoutes(pipeline: Pipeline, kept: KeptRuns, token: string): Router {
  const router = express.Router();
  const authorised = bearer(token);
  const json = express.json({ limit: BODY_LIMIT });
  router.post('/api/runs', authorised, json, (request, response) => {
    const { name } = checked(newRunSchema, bodyOf(request));
    response.status(201).json(runInfo(pipeline.startRun(name)) satisfies RunInfo);
  });
  router.post('/api/runs/:id/resume', authorised, async (request, response) => {
    const run = await kept.of(request.params.id as string);
    if (run.isEarlier) {
      throw new RequestError('bad-request', `run ${run.id} is over for good: start another one`);
    }
    if (!pipeline.resumeRun(run)) {
      throw new RequestError('bad-request', `run ${run.id} has ${MAX_STRETCHES} stretches already: start another one`);
    }
    response.json(runInfo(run) satisfies RunInfo);
  });
  router.put('/api/runs/:id/load', authorised, json, async (request, response) => {
    const run = await kept.of(request.params.id as string);
    const { vm } = checked(vmQuerySchema, request.query);
    const load = checked(loadSchema, bodyOf(request));
    if (vm === undefined) run.load = load;
    else takeVmLoad(run, vm, load);
    kept.changed(run);
    response.json(summarise(run, pipeline) satisfies Summary);
  });
  router.post('/api/runs/:id/end', authorised, async (request, response) => {
    const run = await kept.of(request.params.id as string);
    pipeline.tick();
    pipeline.runs.end(run, pipeline.now());
    response.json(summarise(run, pipeline) satisfies Summary);
  });
  router.patch('/api/runs/:id', authorised, json, async (request, response) => {
    const run = await kept.of(request.params.id as string);
    const { name, labels, note } = checked(changeRunSchema, bodyOf(request));
    if (note !== undefined) write(run, { atMs: pipeline.now(), text: note });
    run.name = name ?? run.name;
    run.labels = labels ?? run.labels;
    kept.changed(run);
    response.json(runInfo(run) satisfies RunInfo);
  });
  router.put('/api/runs/:id/plants', authorised, json, async (request, response) => {
    const run = await kept.of(request.params.id as string);
    const { text, fromMs, toMs } = checked(plantSchema, bodyOf(request));
    write(run, { kind: 'plant', atMs: fromMs, toMs, text });
    kept.changed(run);
    response.json(runInfo(run) satisfies RunInfo);
  });
  router.delete('/api/runs/:id', authorised, async (request, response) => {
    const run = await kept.of(request.params.id as string);
    if (!(await kept.delete(run))) {
      throw new RequestError('bad-request', `run ${run.id} is the current one: begin another one first`);
    }
    response.status(204).end();
  });
  router.post('/api/runs/import', authorised, async (request, response) => {
    const run = await withUpload(request, (file) => importRecording(pipeline, file));
    response.status(201).json(runInfo(run) satisfies RunInfo);
  });
  return router;
}

function write(run: Run, note: RunNote): void {
  if (noteDown(run, note)) return;
  throw new RequestError('bad-request', `run ${run.id} has ${MAX_NOTES} notes already: begin another run`);
}

/** A VM of which nothing was joined has a load, too: what became of its requests is then to be seen. */
function takeVmLoad(run: Run, vm: string, load: LoadSummary): void {
  if (!run.loadOf.has(vm) && run.loadOf.size >= MAX_LOADS) {
    throw new RequestError('bad-request', `run ${run.id} has the loads of ${MAX_LOADS} VMs already`);
  }
  run.loadOf.set(vm, load);
  run.load = loadTotal([...run.loadOf.values()]);
}

/** Hands the file that a body was written to to `use`; it is gone afterwards. */
async function withUpload<T>(request: Request, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'hopscope-import-'));
  try {
    const file = join(folder, UPLOAD);
    await streamed(request, limited(IMPORT_BYTES), createWriteStream(file));
    return await use(file);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new RequestError('bad-request', error.message.replaceAll(join(folder, UPLOAD), 'the body'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lets so many bytes through. */
function limited(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left >= 0) done(null, chunk);
      else done(new RequestError('too-large', `a recording may have ${bytes / 2 ** 20} MiB`));
    },
  });
}

/** Express leaves a body of another type unread. */
function bodyOf(request: Request): unknown {
  if (request.body === undefined) {
    throw new RequestError('bad-request', 'send a JSON object with the header "Content-Type: application/json"');
  }
  return request.body;
}

function bearer(token: string): RequestHandler {
  const wanted = Buffer.from(`Bearer ${token}`);
  return (request, response, next) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) {
      next();
      return;
    }
    response.set('WWW-Authenticate', 'Bearer realm="hopscope"');
    throw new RequestError(
      'unauthorized',
      'send the header "Authorization: Bearer TOKEN" with the token of the agents',
    );
  };
}
