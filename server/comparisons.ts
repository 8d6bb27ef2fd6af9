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
import type { RunTimes } from './store/run-times.ts';
import { summarise } from './summary.ts';
import type { CompareView } from './wire/compare-views.ts';

const MOST_WAITING = 4;
/** Of one run: some 120 bytes each while they are compared. */
const MOST_PATHS = 4_000_000;

export class Comparisons {
  readonly #pipeline: Pipeline;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Refuses with `busy` where too many wait already. */
  async compare(a: Run, b: Run, options: CompareOptions): Promise<CompareView> {
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

  async #compare(a: Run, b: Run, options: CompareOptions): Promise<CompareView> {
    for (const run of [a, b]) await this.#checkSize(run);
    const summaries = [summarise(a, this.#pipeline), summarise(b, this.#pipeline)] as const;
    const rounds = roundsOf(summaries[0].run, summaries[1].run);
    const { store } = this.#pipeline;
    const columnsA = await store.times(a.id, SHIFTED);
    // Of paired runs both have to be known: see blocksOf.
    const early = isPaired(rounds) ? null : digested(columnsA, blocksFor(columnsA.bounds.length));
    // Awaited below; until then nobody else would hear of its failure.
    early?.catch(() => undefined);
    const columnsB = await store.times(b.id, SHIFTED);
    const [blocksA, blocksB] = blocksOf(columnsA.bounds.length, columnsB.bounds.length, rounds);
    const [digestA, digestB] = await Promise.all([early ?? digested(columnsA, blocksA), digested(columnsB, blocksB)]);
    const [ofA, ofB] = [
      { summary: summaries[0], digest: digestA },
      { summary: summaries[1], digest: digestB },
    ];
    const work: CompareWork = { a: ofA, b: ofB, ...options };
    return onOwnThread('compare-worker', work, [...buffersIn(digestA), ...buffersIn(digestB)]);
  }

  async #checkSize({ id, name }: Run): Promise<void> {
    const paths = await this.#pipeline.store.count(id);
    if (paths <= MOST_PATHS) return;
    const most = MOST_PATHS.toLocaleString('en');
    throw new RequestError(
      'too-large',
      `run ${name} has ${paths.toLocaleString('en')} requests, and at most ${most} are compared: compare shorter runs`,
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
