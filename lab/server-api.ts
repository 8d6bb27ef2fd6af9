/** The lab's view of the server: the same API that everybody has. */
import type { Health, LoadSummary, RunInfo, SeriesView, Summary } from '../server/wire/views.ts';

const ANSWER_LIMIT_MS = 5000;
/** Minutes where the machine is busy: the server writes the file first. */
const RECORDING_LIMIT_MS = 120_000;

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

  /** Second by second, VM by VM. */
  series(run = 'current'): Promise<SeriesView | null> {
    return this.#ask(`/api/runs/${run}/series`);
  }

  /** Newest first. */
  runs(): Promise<RunInfo[] | null> {
    return this.#ask('/api/runs');
  }

  run(run = 'current'): Promise<RunInfo | null> {
    return this.#ask(`/api/runs/${run}`);
  }

  /** Begins a new run; what follows is counted to it. */
  startRun(name: string): Promise<RunInfo | null> {
    return this.#ask('/api/runs', 'POST', { name });
  }

  /** What follows is counted to this run again. */
  resumeRun(run: string): Promise<RunInfo | null> {
    return this.#ask(`/api/runs/${run}/resume`, 'POST');
  }

  /** @param vm that was asked; left out, all there are */
  putLoad(load: LoadSummary, run = 'current', vm?: string): Promise<Summary | null> {
    const of = vm === undefined ? '' : `?vm=${encodeURIComponent(vm)}`;
    return this.#ask(`/api/runs/${run}/load${of}`, 'PUT', load);
  }

  /** What is slowed on purpose in the current run; told again with its end. */
  putPlant(plant: { text: string; fromMs: number; toMs: number | null }): Promise<RunInfo | null> {
    return this.#ask('/api/runs/current/plants', 'PUT', plant);
  }

  /** A run as one file. */
  recording(run: string): Promise<Uint8Array | null> {
    const bytes = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());
    return this.#request(`/api/runs/${run}/export`, { limitMs: RECORDING_LIMIT_MS }, bytes);
  }

  #ask<T>(path: string, method = 'GET', body?: unknown): Promise<T | null> {
    return this.#request(path, { method, body }, (answer) => answer.json() as Promise<T>);
  }

  async #request<T>(
    path: string,
    { method = 'GET', body, limitMs = ANSWER_LIMIT_MS }: { method?: string; body?: unknown; limitMs?: number },
    read: (answer: Response) => Promise<T>,
  ): Promise<T | null> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(limitMs),
      });
      return response.ok ? await read(response) : null;
    } catch {
      return null;
    }
  }
}
