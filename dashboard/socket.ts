/**
 * The page's end of `/live`: connects, reconnects with jitter, notices
 * silence, parses messages. What a message means is not decided here.
 */
import type { LiveMessage } from '../server/wire/live-views.ts';

/** The server speaks five times a second: this long without a word is silence. */
export const STALE_MS = 3_000;
/** A connection silent this long is given up: the peer may be gone without a FIN. */
const GIVE_UP_MS = 15_000;
const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 5_000;

export type ConnectionState = 'connecting' | 'open' | 'stale' | 'closed';

export interface Connection {
  state: ConnectionState;
  /** When the last message came, viewer's clock; null before the first. */
  heardMs: number | null;
  /** When the next attempt is due, viewer's clock; null unless closed. */
  retryAtMs: number | null;
  /** Attempts since the last open connection. */
  attempts: number;
  /** Messages that were not JSON with a known type. */
  malformed: number;
}

export interface SocketHandlers {
  onMessage(message: LiveMessage): void;
  onConnection(connection: Connection): void;
}

/** Delay before attempt `attempt` (0 first): doubles to 5 s, and is spread so that pages do not return in step. */
export function retryDelayMs(attempt: number, random: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + random / 2);
}

/** The message in `data`, or null if it is none. */
export function parseLiveMessage(data: unknown): LiveMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data) as LiveMessage | null;
    return message?.type === 'snapshot' || message?.type === 'tick' ? message : null;
  } catch {
    return null;
  }
}

/** Keeps one connection to `url` until {@link LiveSocket.close}. */
export class LiveSocket {
  readonly #url: string;
  readonly #handlers: SocketHandlers;
  #connection: Connection = { state: 'connecting', heardMs: null, retryAtMs: null, attempts: 0, malformed: 0 };
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, handlers: SocketHandlers) {
    this.#url = url;
    this.#handlers = handlers;
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #report(change: Partial<Connection>): void {
    this.#connection = { ...this.#connection, ...change };
    this.#handlers.onConnection(this.#connection);
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#report({ state: 'connecting', retryAtMs: null });
    // A socket that was given up may still speak: only the current one counts.
    const current = (act: () => void) => () => this.#socket === socket && act();
    socket.onopen = current(() => this.#listen());
    socket.onmessage = (event) => current(() => this.#hear(event.data))();
    socket.onclose = current(() => this.#lose());
  }

  #listen(): void {
    this.#report({ state: 'open', attempts: 0 });
    this.#watchSilence();
  }

  #hear(data: unknown): void {
    this.#watchSilence();
    const message = parseLiveMessage(data);
    const malformed = this.#connection.malformed + (message === null ? 1 : 0);
    this.#report({ state: 'open', heardMs: Date.now(), malformed });
    if (message !== null) this.#handlers.onMessage(message);
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#report({ state: 'stale' });
      this.#silence = setTimeout(() => this.#giveUp(), GIVE_UP_MS - STALE_MS);
    }, STALE_MS);
  }

  #giveUp(): void {
    const socket = this.#socket;
    this.#lose();
    socket?.close();
  }

  #lose(): void {
    clearTimeout(this.#silence);
    this.#socket = null;
    const { attempts } = this.#connection;
    const delayMs = retryDelayMs(attempts, Math.random());
    this.#report({ state: 'closed', retryAtMs: Date.now() + delayMs, attempts: attempts + 1 });
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }
}
