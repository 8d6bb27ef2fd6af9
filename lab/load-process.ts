/** The load generator in the client's namespace: one process, which drives one plan after the other. */
import { join } from 'node:path';
import type { LoadSummary } from '../server/wire/views.ts';
import type { Lab } from './booted-lab.ts';
import { type Child, startChild } from './child.ts';
import { LabError } from './command.ts';
import type { LoadLine, LoadOrder } from './load.ts';
import type { LoadProgress } from './load-generator.ts';
import { insideNamespace } from './network.ts';
import { logTail } from './services.ts';
import { orAborted } from './waiting.ts';

const GENERATOR = join(import.meta.dirname, 'load.ts');
/** Of one plan. */
const MOST_CONNECTIONS = 2000;

export interface LoadResult {
  summary: LoadSummary;
  /** Answers with a status of 400 or above. */
  refused: number;
}

export class LoadProcess {
  readonly #child: Child;
  readonly #ended: Promise<never>;
  #onLine: (line: LoadLine) => void = () => {};

  /** @param suffix of its log's name, where there are several of them */
  constructor({ network, state, logsDir }: Lab, suffix = '') {
    const logFile = join(logsDir, `load${suffix}.log`);
    this.#child = startChild(insideNamespace(network.client, [process.execPath, GENERATOR]), {
      state,
      logFile,
      input: true,
      onLine: (text) => {
        const line = parseLine(text);
        if (line !== null) this.#onLine(line);
      },
    });
    this.#ended = this.#child.ended.then((how) => {
      throw new LabError(`The load generator ended (${how}).\n${logTail(logFile)}`);
    });
    // Whoever waits sees the rejection; nobody waiting is its ordinary end.
    this.#ended.catch(() => {});
  }

  /** Resolves with what was measured when the last answer is in; one plan at a time. */
  async run(
    plan: Omit<LoadOrder, 'maxConnections'>,
    onProgress: (progress: LoadProgress) => void,
    signal: AbortSignal,
  ): Promise<LoadResult> {
    const { promise, resolve } = Promise.withResolvers<LoadResult>();
    this.#onLine = (line) => {
      if (line.type === 'progress') onProgress(line);
      else resolve({ summary: line.load, refused: line.refused });
    };
    const order: LoadOrder = { ...plan, maxConnections: MOST_CONNECTIONS };
    this.#child.process.stdin!.write(`${JSON.stringify(order)}\n`);
    return orAborted(Promise.race([promise, this.#ended]), signal);
  }

  /** Ends the schedule that runs; what is still due is waited for. */
  finish(): void {
    this.#child.process.kill('SIGTERM');
  }

  /** No further plan comes. */
  end(): void {
    this.#child.process.stdin!.end();
  }
}

function parseLine(text: string): LoadLine | null {
  try {
    return JSON.parse(text) as LoadLine;
  } catch {
    return null;
  }
}
