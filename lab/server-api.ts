/** The lab's view of the server: the same API that everybody has. */
import type { Health, LoadSummary, RunInfo, Summary } from '../server/wire/views.ts';

const ANSWER_LIMIT_MS = 5000;

export class ServerApi {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  /** Null while the server does not answer (it may be starting again). */
  health(): Promise<Health | null> {
    return this.#ask('/api/health');
  }

  summary(run = 'current'): Promise<Summary | null> {
    return this.#ask(`/api/runs/${run}/summary`);
  }

  /** Begins a new run; what follows is counted to it. */
  startRun(name: string): Promise<RunInfo | null> {
    return this.#ask('/api/runs', 'POST', { name });
  }

  putLoad(load: LoadSummary): Promise<Summary | null> {
    return this.#ask('/api/runs/current/load', 'PUT', load);
  }

  async #ask<T>(path: string, method = 'GET', body?: unknown): Promise<T | null> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      return response.ok ? ((await response.json()) as T) : null;
    } catch {
      return null;
    }
  }
}
