/** A running server, as commands ask it: by the API that everybody has. */
import type { ApiError, RunInfo } from './wire/views.ts';

/** The message says what to do. */
export class RemoteError extends Error {}

const ANSWER_LIMIT_MS = 10_000;
/** A long run takes a while to become a file. */
const RECORDING_LIMIT_MS = 600_000;

export class RemoteServer {
  readonly #url: string;

  /** @param url `http://host:port` */
  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** Newest first. */
  async runs(): Promise<RunInfo[]> {
    return (await this.#ask('/api/runs')).json() as Promise<RunInfo[]>;
  }

  /** A run by its id, by its name (the newest of that name), or `current`. */
  async find(name: string): Promise<RunInfo> {
    const runs = await this.runs();
    const found = name === 'current' ? runs[0] : (runs.find((r) => r.id === name) ?? runs.find((r) => r.name === name));
    if (found) return found;
    throw new RemoteError(`there is no file and no run ${name} at ${this.#url}: hopscope runs lists them.`);
  }

  /** The bytes of a run's recording. */
  async recording({ id }: RunInfo): Promise<Uint8Array> {
    const answer = await this.#ask(`/api/runs/${encodeURIComponent(id)}/export`, RECORDING_LIMIT_MS);
    return new Uint8Array(await answer.arrayBuffer());
  }

  async #ask(path: string, limitMs = ANSWER_LIMIT_MS): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(`${this.#url}${path}`, { signal: AbortSignal.timeout(limitMs) });
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
