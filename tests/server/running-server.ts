/** A real server on a port of its own, and real sockets to it, closed after each test. */
import pino from 'pino';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import type { TcpAddress } from '../../server/listen-address.ts';
import type { ServerOptions } from '../../server/options.ts';
import { type RunningServer, type Surroundings, startServer } from '../../server/server.ts';
import { KEEP_ALL } from '../../server/store/upkeep.ts';
import type { Hello, ServerMessage } from '../../server/wire/messages.ts';
import { hello } from './exchanges.ts';

export const TOKEN = 'a-token-for-tests';
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export function afterwards(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

export interface Started extends RunningServer {
  /** `127.0.0.1:port`. */
  host: string;
  url: string;
}

export async function start(
  options: Partial<ServerOptions> = {},
  around: Partial<Surroundings> = {},
): Promise<Started> {
  const server = await startServer(
    {
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      token: TOKEN,
      tokenGenerated: false,
      run: 'live',
      allowOrigins: [],
      longPolls: [],
      retention: KEEP_ALL,
      rawPerSecond: null,
      keepRun: false,
      logLevel: 'silent',
      logFormat: 'json',
      dashboard: '/nonexistent',
      store: null,
      objectives: null,
      receivers: [],
      externalUrl: null,
      traceUrl: null,
      ...options,
    },
    { log: pino({ level: 'silent' }), now: Date.now, ...around },
  );
  afterwards(() => server.close());
  const host = `127.0.0.1:${(server.addresses[0] as TcpAddress).port}`;
  return { ...server, host, url: `http://${host}` };
}

/** A socket whose messages are waited for one by one. */
export class Peer {
  readonly socket: WebSocket;
  readonly received: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: () => void = () => undefined;
  #taken = 0;

  constructor(url: string, options: WebSocket.ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('message', (data) => {
      this.received.push(data.toString());
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    this.socket.on('error', () => undefined);
    afterwards(() => this.socket.terminate());
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
    }
    return this;
  }

  /** The next message not taken yet; fails when the socket closes first. */
  async next<T>(): Promise<T> {
    while (this.received.length <= this.#taken) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed before the message came');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return JSON.parse(this.received[this.#taken++] as string) as T;
  }

  /** The first message from now on that fits. */
  async until<T>(fits: (message: T) => boolean): Promise<T> {
    for (;;) {
      const message = await this.next<T>();
      if (fits(message)) return message;
    }
  }

  send(message: unknown): void {
    this.socket.send(message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** An attached agent: the hello is said and the welcome is read. */
export async function attach(server: Started, role: 'host' | 'guest', changes: Partial<Hello> = {}) {
  const peer = await new Peer(`ws://${server.host}/agent`).opened();
  peer.send(hello(role, TOKEN, changes));
  const welcome = await peer.next<ServerMessage>();
  if (welcome.type !== 'welcome') throw new Error(`expected a welcome, got ${JSON.stringify(welcome)}`);
  return { peer, welcome };
}

/** Wait until the server has read all that was sent on a socket before this. */
export async function read({ socket }: Peer): Promise<void> {
  const answered = new Promise<void>((resolve) => socket.once('pong', () => resolve()));
  socket.ping();
  await answered;
}

/** Wait until what was sent on these sockets has been taken in, and join what can be joined. */
export async function taken(server: Started, ...peers: Peer[]): Promise<void> {
  await Promise.all(peers.map(read));
  server.pipeline.tick();
}

/** Wait until a frame is safe: its records are joined or given up, and what was made of them is stored. */
export async function acked(peer: Peer, sequence: number): Promise<void> {
  await peer.until<ServerMessage>((m) => m.type === 'ack' && m.sequence === sequence);
}

export async function getJson<T>(server: Started, path: string): Promise<T> {
  const response = await fetch(`${server.url}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

export function post(server: Started, path: string, body: unknown, method = 'POST', token = TOKEN): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
}
