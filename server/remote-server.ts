/** A running server, as commands ask it: by the API that everybody has. */
import { RUNS_TOTAL } from './wire/run-views.ts';
import type { SloView } from './wire/slo-views.ts';
import type { ApiError, PathView, RunInfo, Summary } from './wire/views.ts';

/** The message says what to do. */
export class RemoteError extends Error {}

const ANSWER_LIMIT_MS = 10_000;
/** A long run takes a while to become a file. */
const RECORDING_LIMIT_MS = 600_000;

export interface RunChange {
  name?: string;
  labels?: Record<string, string>;
  note?: string;
}

export class RemoteServer {
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param url `http://host:port` @param token the agents', for what changes something */
  constructor(url: string, token?: string) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /** A page of runs, newest first, and how many there are on all pages. @param query of the API */
  async runs(query: Readonly<Record<string, string>> = {}): Promise<{ runs: RunInfo[]; total: number }> {
    const answer = await this.#ask(`/api/runs?${new URLSearchParams(query)}`);
    return { runs: (await answer.json()) as RunInfo[], total: Number(answer.headers.get(RUNS_TOTAL)) };
  }

  /** Page by page, newest first. */
  async *allRuns(): AsyncGenerator<RunInfo> {
    for (let query = {}; ; ) {
      const { runs } = await this.runs(query);
      yield* runs;
      const last = runs.at(-1);
      if (last === undefined) return;
      query = { before: last.id };
    }
  }

  /** A run by its id, by its name (the newest of that name), or `current`. */
  async find(name: string): Promise<RunInfo> {
    if (name === 'current') return (await this.#ask('/api/runs/current')).json() as Promise<RunInfo>;
    const { runs } = await this.runs({ name, limit: '1' });
    if (runs[0]) return runs[0];
    throw new RemoteError(`there is no file and no run ${name} at ${this.#url}: hopscope runs lists them.`);
  }

  /** The bytes of a run's recording. */
  async recording({ id }: RunInfo): Promise<Uint8Array> {
    const answer = await this.#ask(`/api/runs/${encodeURIComponent(id)}/export`, RECORDING_LIMIT_MS);
    return new Uint8Array(await answer.arrayBuffer());
  }

  async summary({ id }: RunInfo): Promise<Summary> {
    return (await this.#ask(`/api/runs/${encodeURIComponent(id)}/summary`)).json() as Promise<Summary>;
  }

  /** @param run an id, or `current` */
  async paths(run: string, order: 'slowest' | 'newest', limit: number): Promise<PathView[]> {
    const path = `/api/runs/${encodeURIComponent(run)}/paths?order=${order}&limit=${limit}`;
    return (await this.#ask(path)).json() as Promise<PathView[]>;
  }

  /** Objectives and how they stand. @param query of the API */
  async slo(query: Readonly<Record<string, string>> = {}): Promise<SloView> {
    return (await this.#ask(`/api/slo?${new URLSearchParams(query)}`)).json() as Promise<SloView>;
  }

  /** Its file of objectives. */
  async objectives(): Promise<string> {
    return (await this.#ask('/api/slo/objectives')).text();
  }

  /** Of a stretch of time, as HTML. @param query of the API */
  async sloReport(query: Readonly<Record<string, string>>): Promise<string> {
    return (await this.#ask(`/api/slo/report?${new URLSearchParams(query)}`, RECORDING_LIMIT_MS)).text();
  }

  async start(name: string): Promise<RunInfo> {
    return (await this.#change('POST', '/api/runs', { name })).json() as Promise<RunInfo>;
  }

  async end({ id }: RunInfo): Promise<Summary> {
    return (await this.#change('POST', `/api/runs/${encodeURIComponent(id)}/end`)).json() as Promise<Summary>;
  }

  /** @param change labels replace those that were there, a note is added */
  async change({ id }: RunInfo, change: RunChange): Promise<RunInfo> {
    return (await this.#change('PATCH', `/api/runs/${encodeURIComponent(id)}`, change)).json() as Promise<RunInfo>;
  }

  async delete({ id }: RunInfo): Promise<void> {
    await this.#change('DELETE', `/api/runs/${encodeURIComponent(id)}`);
  }

  /** @param recording the bytes of a recording */
  async import(recording: Uint8Array<ArrayBuffer>): Promise<RunInfo> {
    const init = { method: 'POST', body: recording, headers: { 'content-type': 'application/vnd.apache.parquet' } };
    return (await this.#ask('/api/runs/import', RECORDING_LIMIT_MS, init)).json() as Promise<RunInfo>;
  }

  #change(method: string, path: string, body?: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.#ask(path, ANSWER_LIMIT_MS, body ? { method, headers, body: JSON.stringify(body) } : { method });
  }

  async #ask(path: string, limitMs = ANSWER_LIMIT_MS, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}) };
    let answer: Response;
    try {
      answer = await fetch(`${this.#url}${path}`, { ...init, headers, signal: AbortSignal.timeout(limitMs) });
    } catch (error) {
      const { cause, message } = error as Error;
      const reason = cause instanceof Error ? cause.message : message;
      throw new RemoteError(`no server answers at ${this.#url} (${reason}): start one, or give --server URL.`);
    }
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => null)) as ApiError | null;
    throw new RemoteError(`${this.#url}${path}: ${said?.error.message ?? `status ${answer.status}`}`);
  }
}
