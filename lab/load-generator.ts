/**
 * Open-loop HTTP load: the schedule is fixed before the start and never waits for
 * answers, so a server that stalls is seen by every request that fell due
 * meanwhile (no coordinated omission).
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { LoadSummary } from '../server/wire/views.ts';
import { ResponseReader } from './http-response.ts';
import { LoadTally } from './load-tally.ts';

export interface LoadPlan {
  host: string;
  port: number;
  path: string;
  rate: number;
  /** Infinity: until stop(). */
  durationS: number;
  /** Keep-alive connections opened before the start; null: one per request. */
  connections: number | null;
  /** Bounds what a dead server can cost: past it requests wait, still timed from when they were due. */
  maxConnections: number;
}

export interface LoadProgress {
  sent: number;
  answered: number;
  errors: number;
  /** Answers with a status of 400 or above. */
  refused: number;
  open: number;
  waiting: number;
}

interface Connection {
  socket: Socket;
  reader: ResponseReader;
  request: Request | null;
}

interface Request {
  index: number;
  dueMs: number;
  sentMs: number;
}

/** From the order to start to the first request. */
const LEAD_MS = 10;
const MAX_WAITING = 100_000;
const ANSWER_LIMIT_MS = 30_000;
const LAST_ANSWERS_LIMIT_MS = 10_000;
const NS_PER_MS = 1e6;

export class LoadGenerator {
  readonly #plan: LoadPlan;
  readonly #intervalMs: number;
  readonly #count: number;
  readonly #idle: Connection[] = [];
  readonly #connections = new Set<Connection>();
  readonly #waiting: Request[] = [];
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #tally: LoadTally;
  readonly #settled = Promise.withResolvers<void>();
  #startMs = 0;
  #due = 0;
  #answered = 0;
  #errors = 0;
  #refused = 0;
  #ended = false;

  /** @param tally where several schedules are summed up together */
  constructor(plan: LoadPlan, tally = new LoadTally()) {
    this.#plan = plan;
    this.#tally = tally;
    this.#intervalMs = 1000 / plan.rate;
    this.#count = Math.round(plan.durationS * plan.rate);
  }

  /** Runs the plan to its end (or to stop()) and resolves when the last answer is in. */
  async run(): Promise<LoadSummary> {
    await this.#openFirst();
    const worker = new Worker(new URL('schedule-worker.ts', import.meta.url), {
      workerData: { intervalMs: this.#intervalMs, count: this.#count, stop: this.#stop },
    });
    await once(worker, 'message');
    const startMs = performance.now() + LEAD_MS;
    this.#startMs = startMs;
    worker.on('message', () => this.#sendDue());
    worker.postMessage(performance.timeOrigin + startMs);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.on('exit', () => resolve()).on('error', reject);
    const overdue = setInterval(() => this.#failOverdue(), 1000);
    await promise;
    this.#ended = true;
    this.#checkSettled();
    const limit = new AbortController();
    await Promise.race([
      this.#settled.promise,
      delay(LAST_ANSWERS_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {}),
    ]);
    limit.abort();
    clearInterval(overdue);
    // What waits first, or each connection that ends would open one for it.
    this.#errors += this.#waiting.splice(0).length;
    for (const connection of [...this.#connections]) this.#fail(connection);
    return this.#summary((performance.now() - startMs) / 1000);
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
    Atomics.notify(this.#stop, 0);
  }

  progress(): LoadProgress {
    return {
      sent: this.#due,
      answered: this.#answered,
      errors: this.#errors,
      refused: this.#refused,
      open: this.#connections.size,
      waiting: this.#waiting.length,
    };
  }

  async #openFirst(): Promise<void> {
    const opened = Array.from({ length: this.#plan.connections ?? 0 }, () => this.#open(null));
    await Promise.all(
      opened.map(({ socket }) => new Promise((done) => socket.once('connect', done).once('close', done))),
    );
  }

  #sendDue(): void {
    const nowMs = performance.now();
    while (this.#due < this.#count) {
      const dueMs = this.#startMs + this.#due * this.#intervalMs;
      if (dueMs > nowMs) return;
      this.#tally.lateness.add((performance.now() - dueMs) * NS_PER_MS);
      this.#dispatch({ index: this.#due++, dueMs, sentMs: Number.NaN });
    }
  }

  #dispatch(request: Request): void {
    const idle = this.#idle.shift();
    if (idle) this.#send(idle, request);
    else if (this.#connections.size < this.#plan.maxConnections) this.#open(request);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(request);
    else this.#errors++;
  }

  #open(request: Request | null): Connection {
    const socket = connect({ host: this.#plan.host, port: this.#plan.port, noDelay: true });
    const connection: Connection = { socket, reader: new ResponseReader(), request };
    this.#connections.add(connection);
    socket.on('connect', () => {
      if (connection.request) this.#send(connection, connection.request);
      else this.#free(connection);
    });
    socket.on('data', (bytes: Buffer) => this.#receive(connection, bytes));
    socket.on('error', () => {});
    socket.on('close', () => this.#closed(connection));
    return connection;
  }

  #send(connection: Connection, request: Request): void {
    connection.request = request;
    const { path, host, connections } = this.#plan;
    request.sentMs = performance.now();
    connection.socket.write(
      `GET ${path}?n=${request.index} HTTP/1.1\r\nHost: ${host}\r\n${connections === null ? 'Connection: close\r\n' : ''}\r\n`,
    );
  }

  #receive(connection: Connection, bytes: Buffer): void {
    const nowMs = performance.now();
    // Nobody asked for it: whatever it is, it must not answer the next request.
    if (connection.request === null) {
      this.#drop(connection);
      return;
    }
    try {
      const end = connection.reader.push(bytes);
      if (end === null) return;
      this.#answer(connection, end.status, nowMs);
      if (end.closes || this.#plan.connections === null) this.#drop(connection);
      else this.#free(connection);
    } catch {
      this.#fail(connection);
    }
    this.#checkSettled();
  }

  #answer(connection: Connection, status: number, nowMs: number): void {
    const request = connection.request;
    if (request === null) return;
    connection.request = null;
    this.#answered++;
    if (status >= 400) this.#refused++;
    this.#tally.fromDue.add((nowMs - request.dueMs) * NS_PER_MS);
    this.#tally.fromSend.add((nowMs - request.sentMs) * NS_PER_MS);
  }

  #free(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next) this.#send(connection, next);
    else this.#idle.push(connection);
  }

  #closed(connection: Connection): void {
    const end = connection.reader.close();
    if (end) this.#answer(connection, end.status, performance.now());
    this.#fail(connection);
    this.#checkSettled();
  }

  /** Ends a connection; the request on it, if any, has failed. */
  #fail(connection: Connection): void {
    if (connection.request) this.#errors++;
    connection.request = null;
    this.#drop(connection);
  }

  #drop(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.socket.destroy();
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const next = this.#waiting.shift();
    if (next) this.#open(next);
  }

  #failOverdue(): void {
    const oldestMs = performance.now() - ANSWER_LIMIT_MS;
    for (const connection of this.#connections) {
      if (connection.request && connection.request.dueMs < oldestMs) this.#fail(connection);
    }
  }

  #checkSettled(): void {
    if (this.#ended && this.#answered + this.#errors === this.#due) this.#settled.resolve();
  }

  #summary(elapsedS: number): LoadSummary {
    const { durationS } = this.#plan;
    const wentThrough = Number.isFinite(durationS) && this.#due === this.#count;
    this.#tally.add(this.progress(), wentThrough ? durationS : elapsedS);
    return this.#tally.summary(this.#plan);
  }
}
