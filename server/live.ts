/**
 * The `/live` WebSocket: a snapshot, then what changed. Each tick is written
 * once and the same bytes go to every client; one that cannot keep up misses
 * ticks (counted) and gets a fresh snapshot when it has caught up.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Pipeline } from './pipeline.ts';
import type { Views } from './views.ts';

export const HEARTBEAT_MS = 1_000;
export const MAX_CLIENTS = 200;
/** More than this unsent, beyond the last snapshot, and a client is skipped. */
export const SLOW_BYTES = 1_000_000;
const LIVENESS_MS = 15_000;
const CLOSE_GRACE_MS = 1_000;
const MAX_PAYLOAD_BYTES = 1_024;

/** Ticks not sent to a client that could not keep up. */
export interface LiveDrops {
  'live.skipped': number;
}

interface Client {
  /** Answered a ping since the last check. */
  alive: boolean;
  /** Missed a tick: needs a snapshot before the next one. */
  stale: boolean;
  snapshotBytes: number;
}

export class Live {
  readonly counts = { 'live.violations': 0, 'live.refused': 0, 'live.terminated': 0, 'live.connections': 0 };
  readonly drops: LiveDrops;
  readonly #pipeline: Pipeline;
  readonly #views: Views;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false });
  readonly #clients = new Map<WebSocket, Client>();
  readonly #liveness: NodeJS.Timeout;
  /** What the last tick showed. */
  #run: string;
  #version = 0;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(pipeline: Pipeline, views: Views, drops: LiveDrops) {
    this.drops = drops;
    this.#pipeline = pipeline;
    this.#views = views;
    this.#run = pipeline.runs.current.id;
    this.#liveness = setInterval(() => this.#checkLiveness(), LIVENESS_MS).unref();
  }

  get clients(): number {
    return this.#clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#greet(ws));
  }

  /** Tell everybody what changed, or that nothing did once a second. */
  tick(): void {
    const { runs, delay, now } = this.#pipeline;
    const { current } = runs;
    const newRun = current.id !== this.#run;
    const version = current.aggregate.version;
    const changed = newRun || version !== this.#version;
    if (!changed && now() - this.#sentMs < HEARTBEAT_MS) return;
    delay.shown(now());
    const since = newRun ? 0 : this.#version;
    this.#run = current.id;
    this.#version = version;
    this.#sentMs = now();
    if (this.#clients.size > 0) this.#broadcast(newRun, since);
  }

  close(): void {
    clearInterval(this.#liveness);
    for (const socket of this.#clients.keys()) this.#closeSoon(socket, 1001, 'server is stopping');
    this.#server.close();
  }

  #greet(socket: WebSocket): void {
    // Oversize and bad framing end here; ws has closed the socket with 1009 or 1002. First, so that it also
    // holds for a client that is turned away: an error nobody hears would end the server.
    socket.on('error', () => this.counts['live.violations']++);
    if (this.#clients.size >= MAX_CLIENTS) {
      this.counts['live.refused']++;
      this.#closeSoon(socket, 1013, `this server already has ${MAX_CLIENTS} live clients`);
      return;
    }
    this.counts['live.connections']++;
    const client: Client = { alive: true, stale: false, snapshotBytes: 0 };
    this.#clients.set(socket, client);
    socket.on('pong', () => {
      client.alive = true;
    });
    socket.once('message', () => {
      this.counts['live.violations']++;
      this.#closeSoon(socket, 1008, 'this stream takes no messages');
    });
    socket.once('close', () => this.#clients.delete(socket));
    this.#snapshot(socket, client, encode(this.#views.snapshot()));
  }

  #broadcast(newRun: boolean, since: number): void {
    let tick: Buffer | null = null;
    let snapshot: Buffer | null = null;
    for (const [socket, client] of this.#clients) {
      if (socket.bufferedAmount > client.snapshotBytes + SLOW_BYTES) {
        client.stale = true;
        this.drops['live.skipped']++;
      } else if (newRun || client.stale) {
        // A stale client first empties what it has: then one snapshot replaces all it missed.
        if (client.stale && socket.bufferedAmount > 0) {
          this.drops['live.skipped']++;
          continue;
        }
        snapshot ??= encode(this.#views.snapshot());
        this.#snapshot(socket, client, snapshot);
      } else {
        tick ??= encode(this.#views.tick(since));
        socket.send(tick, { binary: false });
      }
    }
  }

  #snapshot(socket: WebSocket, client: Client, bytes: Buffer): void {
    client.stale = false;
    client.snapshotBytes = bytes.length;
    socket.send(bytes, { binary: false });
  }

  #checkLiveness(): void {
    for (const [socket, client] of this.#clients) {
      if (client.alive) {
        client.alive = false;
        socket.ping();
      } else {
        this.counts['live.terminated']++;
        socket.terminate();
      }
    }
  }

  #closeSoon(socket: WebSocket, code: number, reason: string): void {
    socket.close(code, reason);
    const timer = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  }
}

function encode(message: unknown): Buffer {
  return Buffer.from(JSON.stringify(message));
}
