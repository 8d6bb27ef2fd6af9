/** Real TCP connections from another network namespace, driven from a test. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { insideNamespace } from '../../../lab/network.ts';
import type { Calls, Target, Traffic } from './remote-worker.ts';

const WORKER = join(import.meta.dirname, 'remote-worker.ts');

type Answer<C extends keyof Calls> = Awaited<ReturnType<Calls[C]>>;

/** A client port is used again sooner or later: what tells a connection from those before it. */
export interface Ends {
  port: number;
  serverPort: number;
  /** Wall clock before it was opened. */
  sinceMs: number;
}

/** One process in a namespace; all its connections end with it. */
export class Client {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  constructor(namespace: string) {
    const words = insideNamespace(namespace, [process.execPath, WORKER]);
    this.#child = spawn(words[0]!, words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answered(line));
    this.#child.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the client process ended'));
    });
  }

  async connect(target: Target): Promise<Connection> {
    const sinceMs = Date.now();
    const { handle, localPort } = await this.call('connect', target);
    return new Connection(this, handle, { port: localPort as number, serverPort: target.port, sinceMs });
  }

  call<C extends keyof Calls>(call: C, ...args: Parameters<Calls[C]>): Promise<Answer<C>> {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(++this.#calls, answer);
    this.#child.stdin.write(`${JSON.stringify({ id: this.#calls, call, args })}\n`);
    return answer.promise as Promise<Answer<C>>;
  }

  end(): void {
    this.#child.stdin.end();
  }

  #answered(line: string): void {
    const { id, value, error } = JSON.parse(line) as { id: number; value: unknown; error?: string };
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) answer?.resolve(value);
    else answer?.reject(new Error(error));
  }
}

/** See remote-worker.ts: each call resolves when it is done there. */
export class Connection implements Ends {
  readonly #client: Client;
  readonly #handle: number;
  readonly port: number;
  readonly serverPort: number;
  readonly sinceMs: number;

  constructor(client: Client, handle: number, { port, serverPort, sinceMs }: Ends) {
    this.#client = client;
    this.#handle = handle;
    this.port = port;
    this.serverPort = serverPort;
    this.sinceMs = sinceMs;
  }

  send(text: string, times = 1): Promise<void> {
    return this.#client.call('send', this.#handle, text, times);
  }

  until(mark: string, times = 1): Promise<void> {
    return this.#client.call('until', this.#handle, mark, times);
  }

  closed(): Promise<void> {
    return this.#client.call('closed', this.#handle);
  }

  traffic(): Promise<Traffic> {
    return this.#client.call('traffic', this.#handle);
  }

  pause(): Promise<void> {
    return this.#client.call('pause', this.#handle);
  }

  resume(): Promise<void> {
    return this.#client.call('resume', this.#handle);
  }

  end(): Promise<void> {
    return this.#client.call('end', this.#handle);
  }

  reset(): Promise<void> {
    return this.#client.call('reset', this.#handle);
  }
}

/** A request's text. @param headers lines without their end */
export function request(method: string, path: string, ...headers: string[]): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: guest', ...headers].join('\r\n')}\r\n\r\n`;
}
