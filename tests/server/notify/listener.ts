/** A real HTTP receiver on a port of its own, which answers as it is told to, and then well. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

const open: Listener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was posted
  body: any;
}

/** A status, or never an answer. */
type Answer = number | 'silence';

export class Listener {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #answers: Answer[];
  #wake: () => void = () => undefined;

  private constructor(answers: Answer[]) {
    this.#answers = answers;
    this.#server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const answer = this.#answers.shift() ?? 200;
      this.received.push({ path: request.url!, headers: request.headers, body: JSON.parse(text) });
      if (answer !== 'silence') response.writeHead(answer).end(answer === 200 ? 'ok' : 'because\nof that');
      this.#wake();
    });
  }

  /** @param answers to the first requests */
  static async start(...answers: Answer[]): Promise<Listener> {
    const listener = new Listener(answers);
    listener.#server.listen(0, '127.0.0.1');
    await once(listener.#server, 'listening');
    open.push(listener);
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when so many requests have come. */
  async until(isEnough: (received: readonly Received[]) => boolean): Promise<Received[]> {
    while (!isEnough(this.received)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
