/** Has the store do what is not urgent, now and then: roll-ups are merged, what is too old goes. */
import type { Logger } from 'pino';
import type { Surroundings } from './server.ts';
import type { PathStore } from './store/store.ts';

export const MAINTENANCE_MS = 15_000;

export class Maintenance {
  readonly #store: PathStore;
  readonly #log: Logger;
  readonly #now: () => number;
  #underWay: Promise<void> | null = null;
  /** What failed the last time. */
  #trouble: string | null = null;

  constructor(store: PathStore, { log, now }: Pick<Surroundings, 'log' | 'now'>) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  /** One after the other: a call meanwhile waits for the one that is under way. */
  run(): Promise<void> {
    this.#underWay ??= this.#runNow().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  async #runNow(): Promise<void> {
    let trouble: string | null = null;
    try {
      await this.#store.maintain(this.#now());
    } catch (error) {
      trouble = (error as Error).message;
    }
    if (trouble !== null && trouble !== this.#trouble)
      this.#log.error({ reason: trouble }, 'the store could not be tidied');
    this.#trouble = trouble;
  }
}
