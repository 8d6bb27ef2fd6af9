/** Every run on record: those that the server has in memory, and behind them the older ones that only its store has. */
import type { Logger } from 'pino';
import { RequestError } from './api-error.ts';
import { storedSummary } from './earlier.ts';
import type { Pipeline } from './pipeline.ts';
import { earlierRun, type Run, runInfo } from './run.ts';
import type { RunKeeper } from './run-keeper.ts';
import type { DuckDbStore } from './store/duckdb.ts';
import type { RunsQuery } from './store/duckdb-messages.ts';
import type { RunInfo } from './wire/views.ts';

export interface RunsPage {
  /** Newest first. */
  runs: RunInfo[];
  /** Of all pages. */
  total: number;
}

export interface PageQuery {
  /** At least 1. */
  limit: number;
  /** Id of the run that the page before this one ended with. */
  before?: string;
  /** Only runs of this name, and the one of this id. */
  name?: string;
}

/** Where runs are kept that memory does not list. */
export interface Lasting {
  store: DuckDbStore;
  keeper: RunKeeper;
  log: Logger;
}

export class KeptRuns {
  readonly #pipeline: Pipeline;
  readonly #lasting: Lasting | null;

  constructor(pipeline: Pipeline, lasting: Lasting | null) {
    this.#pipeline = pipeline;
    this.#lasting = lasting;
  }

  /** @param id a run's id, or `current` @throws RequestError where there is none */
  async of(id: string): Promise<Run> {
    const run = await this.#find(id);
    if (run !== undefined) return run;
    throw new RequestError('not-found', `there is no run ${id}: /api/runs lists them, "current" is the one that lasts`);
  }

  /** @throws RequestError where there is no run `before` */
  async page({ limit, before, name }: PageQuery): Promise<RunsPage> {
    const listed = this.#listed(name);
    const last = before === undefined ? undefined : await this.of(before);
    // A run that is not listed is behind all that are.
    const from = last === undefined ? 0 : this.#isListed(last) ? listed.indexOf(last) + 1 : listed.length;
    const here = listed.slice(from, from + limit);
    const behind = last !== undefined && !this.#isListed(last) ? { before: placeOf(last) } : {};
    const older = await this.#older({ limit: limit - here.length, ...behind, ...(name !== undefined && { name }) });
    return { runs: [...here, ...older.runs].map(runInfo), total: listed.length + older.total };
  }

  /** What people said of a run that only the store has is written again. */
  changed(run: Run): void {
    if (!this.#isListed(run)) this.#lasting?.keeper.save(run);
  }

  /** @returns false where it is the current one */
  async delete(run: Run): Promise<boolean> {
    if (this.#isListed(run) && !this.#pipeline.runs.remove(run)) return false;
    await this.#pipeline.store.forget(run.id);
    return true;
  }

  /** Newest first; the one of that id before those of that name. */
  #listed(name: string | undefined): Run[] {
    const all = this.#pipeline.runs.all();
    if (name === undefined) return all;
    return [...all.filter((run) => run.id === name), ...all.filter((run) => run.id !== name && run.name === name)];
  }

  #isListed(run: Run): boolean {
    return this.#pipeline.runs.find(run.id) === run;
  }

  async #find(id: string): Promise<Run | undefined> {
    const listed = this.#pipeline.runs.find(id);
    if (listed !== undefined) return listed;
    const { runs } = await this.#older({ limit: 1, name: id });
    return runs.find((run) => run.id === id);
  }

  async #older(query: Omit<RunsQuery, 'except'>): Promise<{ runs: Run[]; total: number }> {
    if (this.#lasting === null) return { runs: [], total: 0 };
    const { store, log } = this.#lasting;
    const found = await store.runs({ ...query, except: this.#pipeline.runs.all().map(({ id }) => id) });
    const runs = found.runs.flatMap((stored) => {
      const summary = storedSummary(stored, log);
      return summary === null ? [] : [earlierRun(summary, () => store.coverage(stored.id))];
    });
    for (const { frozen } of runs) for (const vm of frozen?.run.vms ?? []) this.#pipeline.vmTable.named(vm);
    return { runs, total: found.total };
  }
}

function placeOf({ startedMs, id }: Run): NonNullable<RunsQuery['before']> {
  return { startedMs, id };
}
