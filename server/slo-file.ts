/** The objectives of a running server: the file they come from, and what came of reading it. */
import type { Logger } from 'pino';
import { loadObjectives, ObjectivesError, watchObjectives } from './objectives-file.ts';
import type { SloEngine } from './slo-engine.ts';

export class SloFile {
  readonly #engine: SloEngine;
  readonly #log: Logger;
  readonly file: string | null;
  /** Why the file as it is now is not in force. */
  faults: readonly string[] = [];
  #unwatch: () => void = () => undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(file: string | null, engine: SloEngine, log: Logger) {
    this.file = file;
    this.#engine = engine;
    this.#log = log;
  }

  /** @throws ObjectivesError where the file is wrong: a server does not start without what it was told to watch */
  async start(): Promise<void> {
    const { file } = this;
    if (file === null) return;
    await this.#engine.use(loadObjectives(file));
    this.#unwatch = watchObjectives(file, () => {
      this.#reading = this.#reading.then(() => this.reload());
    });
  }

  /** Read the file again; what was in force stays where it is wrong. */
  async reload(): Promise<void> {
    if (this.file === null) return;
    try {
      await this.#engine.use(loadObjectives(this.file));
      this.faults = [];
      this.#log.info({ file: this.file, objectives: this.#engine.objectives.length }, 'the objectives were read again');
    } catch (error) {
      this.faults = error instanceof ObjectivesError ? error.faults : [(error as Error).message];
      this.#log.error({ file: this.file, faults: this.faults }, 'the objectives are wrong: those before stay in force');
    }
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#reading;
  }
}
