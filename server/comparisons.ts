/** Comparisons of the runs that are kept, one at a time, on a thread of their own. */
import { Worker } from 'node:worker_threads';
import { RequestError } from './api-error.ts';
import { blocksFor } from './compare/block-bins.ts';
import { blocksOf, isPaired } from './compare/block-draws.ts';
import { type CompareOptions, roundsOf } from './compare/comparison.ts';
import { buffersIn, type RunDigest, SHIFTED } from './compare/run-digest.ts';
import type { CompareWork } from './compare-worker.ts';
import type { DigestWork } from './digest-worker.ts';
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
import { summaryOfStretch, type Within } from './run-stretch.ts';
import type { RunTimes } from './store/run-times.ts';
import { summarise } from './summary.ts';
import type { CompareView } from './wire/compare-views.ts';
import type { Summary } from './wire/views.ts';

const MOST_WAITING = 4;
/** Some 30 KB each. */
const MOST_DONE = 16;
/** Of one run: some 120 bytes each while they are compared. */
const MOST_PATHS = 4_000_000;

export interface ComparedSide {
  run: Run;
  /** Only requests that began in it. */
  within?: Within | undefined;
}

interface Side {
  summary: Summary;
  within: Within | undefined;
  paths: number;
}

export class Comparisons {
  readonly #pipeline: Pipeline;
  /** The newest of runs that are over, by all that was known of them. */
  readonly #done = new Map<string, CompareView>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Refuses with `busy` where too many wait already. */
  async compare(a: ComparedSide, b: ComparedSide, options: CompareOptions): Promise<CompareView> {
    if (this.#waiting >= MOST_WAITING) throw new RequestError('busy', 'other comparisons are running: ask again soon');
    this.#waiting++;
    const result = this.#last.then(() => this.#compare(a, b, options));
    this.#last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting--;
    }
  }

  async #compare(a: ComparedSide, b: ComparedSide, options: CompareOptions): Promise<CompareView> {
    const sides = [await this.#sideOf(a), await this.#sideOf(b)] as const;
    const known = JSON.stringify([sides, options]);
    const view = this.#done.get(known) ?? (await this.#compareNow(sides, options));
    this.#done.delete(known);
    if (a.run.endedMs !== null && b.run.endedMs !== null) this.#done.set(known, view);
    if (this.#done.size > MOST_DONE) this.#done.delete(this.#done.keys().next().value!);
    return view;
  }

  /** One run is looked at on a thread of its own while the other one is read. */
  async #compareNow([sideA, sideB]: readonly [Side, Side], options: CompareOptions): Promise<CompareView> {
    const { store } = this.#pipeline;
    const [a, b] = [sideA.summary, sideB.summary];
    const rounds = roundsOf(a.run, b.run);
    const columnsA = await store.times(a.run.id, SHIFTED, sideA.within);
    const rowsA = columnsA.bounds.length;
    // Into how many blocks one of paired runs is cut depends on the other one, too.
    const early = isPaired(rounds) ? null : digested(columnsA, blocksFor(rowsA));
    // It is awaited below: nobody would hear of its failure until then.
    early?.catch(() => undefined);
    const columnsB = await store.times(b.run.id, SHIFTED, sideB.within);
    const [blocksA, blocksB] = blocksOf(rowsA, columnsB.bounds.length, rounds);
    const [digestA, digestB] = await Promise.all([early ?? digested(columnsA, blocksA), digested(columnsB, blocksB)]);
    const work: CompareWork = { a: { summary: a, digest: digestA }, b: { summary: b, digest: digestB }, ...options };
    return onOwnThread('compare-worker', work, [...buffersIn(digestA), ...buffersIn(digestB)]);
  }

  async #sideOf({ run, within }: ComparedSide): Promise<Side> {
    const paths = await this.#pipeline.store.count(run.id, within);
    const { name } = run;
    if (paths <= MOST_PATHS)
      return { paths, within, summary: summaryOfStretch(summarise(run, this.#pipeline), within, paths) };
    const most = MOST_PATHS.toLocaleString('en');
    throw new RequestError(
      'too-large',
      `run ${name} has ${paths.toLocaleString('en')} requests, and at most ${most} are compared: compare shorter runs, or RUN@FROM-TO`,
    );
  }
}

/** Nobody else may use the columns any more. */
function digested({ times, bounds }: RunTimes, blocks: number): Promise<RunDigest> {
  const work: DigestWork = { columns: { times, bounds }, blocks };
  return onOwnThread(
    'digest-worker',
    work,
    [...times.values(), bounds].map(({ buffer }) => buffer as ArrayBuffer),
  );
}

/** The one message of a worker in this folder. */
function onOwnThread<T>(name: string, workerData: unknown, transferList: ArrayBuffer[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(`./${name}.ts`, import.meta.url), { workerData, transferList });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the comparison ended early (${code})`)));
  });
}
