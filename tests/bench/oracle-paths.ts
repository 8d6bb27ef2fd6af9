/** Every path of a run, read from the API while it goes: the answer holds the newest 1000 at most. */
import { setTimeout as delay } from 'node:timers/promises';
import type { PathView } from '../../server/wire/views.ts';
import type { LabRun } from '../vm/lab-run.ts';

const MOST = 1000;
const QUIET_MS = 2_000;
const LIMIT_MS = 30_000;

export class PathReader {
  readonly #run: LabRun;
  readonly #paths = new Map<number, PathView>();
  #newest = -1;
  #oldest = Number.POSITIVE_INFINITY;
  #grewMs = 0;
  #reading = true;
  #everyMs = 1_000;
  readonly #ended: Promise<void>;

  constructor(run: LabRun) {
    this.#run = run;
    this.#ended = this.#read();
    // Told by end().
    this.#ended.catch(() => {});
  }

  /** Read often enough that at this rate not one is missed. */
  expect(perSecond: number): void {
    this.#everyMs = Math.min(1_000, (MOST / perSecond) * 400);
  }

  /** Resolves when no new path has come for two seconds. */
  async quiet(): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    this.#grewMs = performance.now();
    while (performance.now() - this.#grewMs < QUIET_MS && performance.now() < deadline) await delay(100);
  }

  /** Ends the reading. @returns all paths by their number, and how many were never seen */
  async end(): Promise<{ paths: PathView[]; unread: number }> {
    this.#reading = false;
    await this.#ended;
    return { paths: [...this.#paths.values()], unread: this.#newest - this.#oldest + 1 - this.#paths.size };
  }

  async #read(): Promise<void> {
    while (this.#reading) {
      const startedMs = performance.now();
      for (const path of await this.#run.newest(MOST)) this.#take(path);
      await delay(Math.max(0, this.#everyMs - (performance.now() - startedMs)));
    }
  }

  #take(path: PathView): void {
    const number = Number(/\.(\d+)$/.exec(path.id)?.[1]);
    if (number > this.#newest) {
      this.#newest = number;
      this.#grewMs = performance.now();
    }
    this.#oldest = Math.min(this.#oldest, number);
    this.#paths.set(number, path);
  }
}
