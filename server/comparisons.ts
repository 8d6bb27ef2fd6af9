/** Comparisons of the runs that are kept, one at a time, on a thread of their own. */
import { Worker } from 'node:worker_threads';
import { RequestError } from './api-error.ts';
import { type ComparedRun, type CompareOptions, SHIFTED } from './compare/comparison.ts';
import type { CompareWork } from './compare-worker.ts';
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
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
    const work = { a: await this.#compared(a), b: await this.#compared(b), ...options };
    return onOwnThread(work);
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

  async #compared(run: Run): Promise<ComparedRun> {
    const { times, bounds } = await this.#pipeline.store.times(run.id, SHIFTED);
    return { summary: summarise(run, this.#pipeline), times, bounds };
  }
}

function onOwnThread(work: CompareWork): Promise<CompareView> {
  return new Promise((resolve, reject) => {
    const columns = [work.a, work.b].flatMap(({ times, bounds }) => [...times.values(), bounds]);
    const transferList = columns.map(({ buffer }) => buffer as ArrayBuffer);
    const worker = new Worker(new URL('./compare-worker.ts', import.meta.url), { workerData: work, transferList });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the comparison ended early (${code})`)));
  });
}
