/**
 * A pipe of bytes in QEMU's place: a Unix socket that takes one client at a time,
 * and a descriptor for the guest that reads as ended while there is no client.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import koffi from 'koffi';
import type { OpenedPort } from '../../agent/channel/find-port.ts';

const AF_UNIX = 1;
const SOCK_STREAM_NONBLOCK = 1 | 0o4000;
const socketpair = koffi.load('libc.so.6').func('int socketpair(int domain, int type, int protocol, _Out_ int *fds)');

export class VirtioPort {
  readonly path: string;
  readonly #server: Server;
  #host: Socket | null = null;
  #guest: Socket | null = null;
  #standsStill = false;
  clients = 0;

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer((client) => this.#take(client));
  }

  static async listen(path: string): Promise<VirtioPort> {
    const port = new VirtioPort(path);
    await new Promise<void>((resolve) => port.#server.listen(path, resolve));
    return port;
  }

  /** As the guest's kernel opens it. */
  readonly open = (): OpenedPort => {
    const fds = [-1, -1];
    if (socketpair(AF_UNIX, SOCK_STREAM_NONBLOCK, 0, fds) !== 0) return { ok: false, reason: 'no socketpair' };
    const guest = new Socket({ fd: fds[1] as number, readable: true, writable: true });
    guest.on('error', () => undefined);
    guest.on('data', (bytes) => this.#host?.write(bytes));
    this.#guest = guest;
    if (this.#standsStill) guest.pause();
    if (!this.#host) guest.end();
    return { ok: true, fd: fds[0] as number };
  };

  /** A QEMU that reads nothing from its guest for a while. */
  standStill(still: boolean): void {
    this.#standsStill = still;
    if (still) this.#guest?.pause();
    else this.#guest?.resume();
  }

  /** Bytes that nobody meant, towards the host or the guest. */
  disturb(end: 'host' | 'guest', bytes: Uint8Array): void {
    (end === 'host' ? this.#host : this.#guest)?.write(bytes);
  }

  /** The host's end is cut; what was under way is lost, as QEMU would lose it. */
  cut(): void {
    this.#host?.destroy();
  }

  #take(client: Socket): void {
    this.clients += 1;
    this.#host = client;
    client.on('error', () => undefined);
    client.on('data', (bytes) => this.#guest?.write(bytes));
    client.on('close', () => {
      if (this.#host === client) this.#host = null;
      this.#guest?.destroy();
      this.#guest = null;
    });
  }

  close(): void {
    this.cut();
    this.#guest?.destroy();
    this.#server.close();
    rmSync(this.path, { force: true });
  }
}
