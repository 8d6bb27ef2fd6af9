/** Comparisons of the runs that are kept, one at a time, in a worker. */
import { Worker } from 'node:worker_threads';
import { RequestError } from './api-error.ts';
import type { CompareWork } from './compare-worker.ts';
import type { Pipeline } from './pipeline.ts';
import { withRecording } from './recordings.ts';
import type { Run } from './run.ts';
import type { CompareView } from './wire/compare-views.ts';

const MOST_WAITING = 4;

export class Comparisons {
  readonly #pipeline: Pipeline;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Refuses with `busy` where too many wait already. */
  async compare(a: Run, b: Run, options: Pick<CompareWork, 'seed' | 'force'>): Promise<CompareView> {
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

  async #compare(a: Run, b: Run, options: Pick<CompareWork, 'seed' | 'force'>): Promise<CompareView> {
    let view: CompareView | undefined;
    await withRecording(this.#pipeline, a, (fileA) =>
      withRecording(this.#pipeline, b, async (fileB) => {
        view = await inWorker({ files: [fileA, fileB], ...options });
      }),
    );
    return view!;
  }
}

function inWorker(work: CompareWork): Promise<CompareView> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./compare-worker.ts', import.meta.url), { workerData: work });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the comparison ended with code ${code}`)));
  });
}
