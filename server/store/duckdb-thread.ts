/** The other end of duckdb-worker.ts: questions out, answers in. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answer, CallName, Calls, Opening, Question, WorkerOptions } from './duckdb-messages.ts';
import { StoreError } from './store-error.ts';

interface Waiting {
  resolve(answer: Calls[CallName]['answer']): void;
  reject(error: Error): void;
}

export class DuckDbThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #hasEnded = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#answered(answer));
    worker.on('exit', () => this.#ended());
  }

  /** @returns the thread and the number of its store's next path @throws StoreError where the store cannot be had */
  static async start(options: WorkerOptions): Promise<{ thread: DuckDbThread; next: number; logged: number }> {
    const worker = new Worker(new URL('./duckdb-worker.ts', import.meta.url), { workerData: options });
    const opening = await new Promise<Opening>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', resolve);
    });
    worker.removeAllListeners('error');
    if (!opening.ok) throw new StoreError(opening.message);
    return { ...opening, thread: new DuckDbThread(worker) };
  }

  /** Rejects where the database could not do it now. */
  ask<K extends CallName>(call: K, ask: Calls[K]['ask']): Promise<Calls[K]['answer']> {
    if (this.#hasEnded) return Promise.reject(new Error('the store is closed'));
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage({ id, call, ask } as Question);
    });
  }

  /** Once what was asked before is answered. */
  async close(): Promise<void> {
    const ended = once(this.#worker, 'exit');
    await this.ask('close', null);
    await ended;
  }

  #ended(): void {
    this.#hasEnded = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('the store was closed'));
    this.#waiting.clear();
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.answer);
    else waiting?.reject(new Error(answer.message));
  }
}
