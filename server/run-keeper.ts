/** Writes what is known of the runs into a store that outlives this process. */
import type { Pipeline } from './pipeline.ts';
import { type Run, runInfo } from './run.ts';
import type { DuckDbStore } from './store/duckdb.ts';
import { summarise } from './summary.ts';

/** A run that lasts is written so often: a killed server's summary is as old at most. */
export const KEEP_MS = 5_000;

export class RunKeeper {
  readonly #store: DuckDbStore;
  readonly #pipeline: Pipeline;
  /** What was written of the runs that are over. */
  readonly #written = new WeakMap<Run, string>();
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(store: DuckDbStore, pipeline: Pipeline) {
    this.#store = store;
    this.#pipeline = pipeline;
  }

  /** Have what changed written with the next commit, where it is time for that. */
  tick(nowMs: number): void {
    if (nowMs - this.#keptMs < KEEP_MS) return;
    this.#keptMs = nowMs;
    this.keep();
  }

  keep(): void {
    for (const run of this.#pipeline.runs.all()) if (this.#hasChanged(run)) this.save(run);
  }

  /** Of a run that is over only what people say of it may change. */
  #hasChanged(run: Run): boolean {
    if (run.frozen === null) return true;
    const told = JSON.stringify([runInfo(run), run.load]);
    if (this.#written.get(run) === told) return false;
    this.#written.set(run, told);
    return true;
  }

  /** With the next commit. */
  save(run: Run): void {
    const { id, name, startedMs, endedMs } = run;
    this.#store.saveRun({ id, name, startedMs, endedMs, summary: summarise(run, this.#pipeline) });
  }
}
