/**
 * The agent's connection to the server: hello, frames, acknowledgements,
 * reconnect with jitter. Records wait in a {@link FrameBuffer} meanwhile.
 */
import { WebSocket } from 'ws';
import type { AgentMessage, Hello, ServerMessage } from '../server/wire/messages.ts';
import type { FrameBuffer } from './frame-buffer.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
const WELCOME_WITHIN_MS = 5_000;
/** More than this in the socket means the server is slow: keep frames, where they can be acked. */
const SOCKET_BYTES = 1 << 20;
/** What a server may send us is a short control message. */
const MAX_PAYLOAD = 64 * 1024;

export interface UplinkEvents {
  /** The server will never take us: wrong token, other protocol. */
  onRefused(code: string, message: string): void;
  onState(state: 'connected' | 'waiting', detail: string): void;
}

export class Uplink {
  readonly #url: string;
  readonly #hello: (localAddress: string) => Hello;
  readonly #buffer: FrameBuffer;
  readonly #events: UplinkEvents;
  #socket: WebSocket | null = null;
  #welcomed = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | null = null;
  #closing = false;
  #lastVms: AgentMessage | null = null;
  #drained: (() => void) | null = null;
  reconnects = 0;

  constructor(url: string, hello: (localAddress: string) => Hello, buffer: FrameBuffer, events: UplinkEvents) {
    this.#url = url;
    this.#hello = hello;
    this.#buffer = buffer;
    this.#events = events;
  }

  connect(): void {
    const socket = new WebSocket(this.#url, { perMessageDeflate: false, maxPayload: MAX_PAYLOAD });
    this.#socket = socket;
    this.#welcomed = false;
    let reason = '';
    const deadline = setTimeout(() => socket.terminate(), WELCOME_WITHIN_MS);
    socket.on('open', () => socket.send(JSON.stringify(this.#hello(localAddressOf(socket)))));
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#receive(data.toString(), deadline);
    });
    socket.on('error', ({ message }) => {
      const status = /^Unexpected server response: (\d+)/.exec(message)?.[1];
      reason = status
        ? `${this.#url} answers with HTTP ${status}: a hopscope server's address ends in /agent`
        : message;
    });
    socket.on('close', () => {
      clearTimeout(deadline);
      this.#lost(reason || 'the server closed the connection');
    });
  }

  #receive(text: string, deadline: NodeJS.Timeout): void {
    const message = parseServerMessage(text);
    if (!message) return;
    if (message.type === 'refuse') {
      this.#refused(message.code, message.message);
      return;
    }
    if (message.type === 'ack') this.#buffer.acknowledge(message.sequence);
    else {
      clearTimeout(deadline);
      this.#welcome(message.ackedSequence);
    }
    this.flush();
    if (this.#buffer.held === 0) this.#drained?.();
  }

  #welcome(ackedSequence: number): void {
    this.#welcomed = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#buffer.acknowledge(ackedSequence);
    this.#buffer.rewind();
    if (this.#lastVms) this.send(this.#lastVms);
    this.#events.onState('connected', this.#url);
  }

  #refused(code: string, message: string): void {
    // A busy server may have room later; the other refusals are for good.
    if (code !== 'busy') this.#closing = true;
    this.#socket?.close();
    if (code !== 'busy') this.#events.onRefused(code, message);
  }

  #lost(reason: string): void {
    this.#socket = null;
    this.#welcomed = false;
    if (this.#closing) {
      this.#drained?.();
      return;
    }
    const waitMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    this.reconnects += 1;
    this.#events.onState('waiting', `${reason}; next try in ${Math.round(waitMs)} ms`);
    this.#timer = setTimeout(() => this.connect(), waitMs);
  }

  /** A control message; stats are only worth sending now, `vms` again after a reconnect. */
  send(message: AgentMessage): void {
    if (message.type === 'vms') this.#lastVms = message;
    if (this.#welcomed) this.#socket?.send(JSON.stringify(message));
  }

  /** Send what the socket takes now. */
  flush(): void {
    while (this.#welcomed && this.#socket && this.#socket.bufferedAmount < SOCKET_BYTES) {
      const frame = this.#buffer.next();
      if (!frame) return;
      this.#socket.send(frame);
    }
  }

  /** Wait until everything is acknowledged, `limitMs` at most, then close. */
  async close(limitMs: number): Promise<void> {
    this.flush();
    if (this.#welcomed && this.#buffer.held > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      const limit = setTimeout(resolve, limitMs);
      await promise;
      clearTimeout(limit);
    }
    this.#closing = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket?.close();
  }
}

function parseServerMessage(text: string): ServerMessage | null {
  try {
    const message = JSON.parse(text) as ServerMessage;
    return ['welcome', 'ack', 'refuse'].includes(message.type) ? message : null;
  } catch {
    return null; // not a server of ours; the welcome deadline ends it
  }
}

function localAddressOf(socket: WebSocket): string {
  return (socket as unknown as { _socket?: { localAddress?: string } })._socket?.localAddress ?? '';
}
