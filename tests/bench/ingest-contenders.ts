/** Processes that take the recorded requests in, each measured from the outside. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Health } from '../../server/wire/views.ts';
import { ServerProcess } from '../server/server-process.ts';
import type { Delivery, Order } from './ingest-agents.ts';
import { type CpuSeconds, cpuOf, cpuSince } from './ingest-processes.ts';

/** One stretch of requests, sent and taken in. */
export interface Block extends Omit<Delivery, 'cpuSeconds'> {
  cpu: CpuSeconds;
  /** CPU of whoever sent. */
  senderCpuSeconds: number;
}

export interface Contender {
  readonly pid: number;
  take(order: Order): Promise<Block>;
  /** At once, whatever it does, also where it has ended. */
  kill(): void;
}

/** Two agents in a process of their own, and whom they send to: see ingest-agents.ts. */
class Agents {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(port: number): Promise<Agents> {
    const child = fork(join(import.meta.dirname, 'ingest-agents.ts'), [String(port)]);
    await answerOf(child);
    return new Agents(child);
  }

  /** @param pid of the process whose CPU counts */
  async send(order: Order, pid: number): Promise<Block> {
    const before = cpuOf(pid);
    this.#child.send(order);
    const { cpuSeconds: senderCpuSeconds, ...delivery } = (await answerOf(this.#child)) as Delivery;
    return { ...delivery, cpu: cpuSince(before, cpuOf(pid)), senderCpuSeconds };
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const ended = (code: number | null) => reject(new Error(`the agents ended with ${code}`));
  child.once('message', resolve).once('exit', ended);
  try {
    return await promise;
  } finally {
    child.off('exit', ended);
  }
}

/** `hopscope server --store`. */
export class ServerContender implements Contender {
  readonly #server: ServerProcess;
  readonly #agents: Agents;
  readonly #folder: string;
  taken = 0;
  dropped = 0;

  private constructor(server: ServerProcess, agents: Agents, folder: string) {
    this.#server = server;
    this.#agents = agents;
    this.#folder = folder;
  }

  static async start(folder: string, nodeFlags: readonly string[]): Promise<ServerContender> {
    const server = await ServerProcess.start(folder, 0, nodeFlags);
    return new ServerContender(server, await Agents.start(server.port), folder);
  }

  get pid(): number {
    return this.#server.pid;
  }

  get port(): number {
    return this.#server.port;
  }

  async take(order: Order): Promise<Block> {
    const block = await this.#agents.send(order, this.pid);
    this.taken += block.requests;
    this.dropped += block.dropped;
    return block;
  }

  async health(): Promise<Health> {
    return (await (await fetch(`http://127.0.0.1:${this.port}/api/health`)).json()) as Health;
  }

  /** @returns bytes on disk for each request taken, everything written */
  async end(): Promise<number> {
    await this.#agents.end();
    await this.#server.end('SIGTERM');
    return statSync(join(this.#folder, 'hopscope.duckdb')).size / this.taken;
  }

  kill(): void {
    this.#agents.kill();
    this.#server.kill();
  }
}

/** The naive way: see ingest-naive.ts. */
export class NaiveContender implements Contender {
  readonly #child: ChildProcess;
  readonly #agents: Agents;
  readonly #file: string;
  #taken = 0;

  private constructor(child: ChildProcess, agents: Agents, file: string) {
    this.#child = child;
    this.#agents = agents;
    this.#file = file;
  }

  static async start(file: string): Promise<NaiveContender> {
    const words = [join(import.meta.dirname, 'ingest-naive.ts'), file];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = await once(createInterface(child.stdout), 'line');
    return new NaiveContender(child, await Agents.start(Number(port)), file);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async take(order: Order): Promise<Block> {
    const block = await this.#agents.send(order, this.pid);
    this.#taken += block.requests;
    return block;
  }

  /** @returns bytes on disk for each request taken, everything written */
  async end(): Promise<number> {
    await this.#agents.end();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    return statSync(this.#file).size / this.#taken;
  }

  kill(): void {
    this.#agents.kill();
    this.#child.kill('SIGKILL');
  }
}
