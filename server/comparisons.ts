/** Comparisons of the runs that are kept, one at a time, in a process of their own. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { RequestError } from './api-error.ts';
import type { CompareAnswer, CompareWork } from './compare-process.ts';
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
        view = await inOwnProcess({ files: [fileA, fileB], ...options });
      }),
    );
    return view!;
  }
}

function inOwnProcess(work: CompareWork): Promise<CompareView> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'compare-process.ts'), { execArgv: [] });
    child.once('message', (answer: CompareAnswer) => {
      if ('view' in answer) resolve(answer.view);
      else reject(new Error(answer.failure));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the comparison ended early (${signal ?? code})`)));
    child.send(work, (error) => error && reject(error));
  });
}
