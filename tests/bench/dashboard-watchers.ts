/** Others who look at the same server: sockets that read what they are told, and one that never does. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** The server ends a client that does not answer its pings: there is a fresh one by then. */
const STALL_EVERY_MS = 10_000;

export class Watchers {
  readonly #url: string;
  readonly #sockets: WebSocket[] = [];
  #stalling: NodeJS.Timeout | null = null;
  messages = 0;
  bytes = 0;

  constructor(port: number) {
    this.#url = `ws://127.0.0.1:${port}/live`;
  }

  /** So many that keep up. */
  async add(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const socket = await this.#open();
      socket.on('message', (data) => {
        this.messages++;
        this.bytes += (data as Buffer).length;
      });
    }
  }

  /** From now on there is always one that was connected and reads nothing. */
  async stall(): Promise<void> {
    const one = async () => (await this.#open()).pause();
    await one();
    this.#stalling = setInterval(() => void one(), STALL_EVERY_MS);
  }

  async #open(): Promise<WebSocket> {
    const socket = new WebSocket(this.#url);
    socket.on('error', () => undefined); // the server ended it
    this.#sockets.push(socket);
    await once(socket, 'open');
    return socket;
  }

  close(): void {
    if (this.#stalling !== null) clearInterval(this.#stalling);
    for (const socket of this.#sockets) socket.terminate();
  }
}
