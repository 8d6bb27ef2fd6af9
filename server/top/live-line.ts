/** The terminal's end of `/live`: connects, tells of silence, connects again. */
import { WebSocket } from 'ws';
import { PROTOCOL_VERSION } from '../wire/frame.ts';
import type { LiveMessage } from '../wire/live-views.ts';

const RETRY_MS = 1_000;
/** The server speaks once a second at least. */
const SILENCE_MS = 5_000;
/** A snapshot of many VMs is a few MB; what is larger is none. */
const MOST_BYTES = 64 << 20;

export interface LiveLineEvents {
  message(message: LiveMessage): void;
  /** Not connected (any more), and why; it is tried again. */
  lost(reason: string): void;
}

export class LiveLine {
  readonly #url: string;
  readonly #events: LiveLineEvents;
  #socket: WebSocket | null = null;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;

  /** @param url `http://host:port` of a server */
  constructor(url: string, events: LiveLineEvents) {
    this.#url = `${url.replace(/\/+$/, '').replace(/^http/, 'ws')}/live`;
    this.#events = events;
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.terminate();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url, { handshakeTimeout: SILENCE_MS, maxPayload: MOST_BYTES });
    this.#socket = socket;
    let reason = 'the connection ended';
    socket.on('message', (data) => this.#hear(String(data)));
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => this.#socket === socket && this.#lose(reason));
    this.#watchSilence();
  }

  #hear(text: string): void {
    this.#watchSilence();
    const message = JSON.parse(text) as LiveMessage;
    if (message.type === 'snapshot' && message.protocol !== PROTOCOL_VERSION) {
      this.#lose(`the server speaks protocol ${message.protocol}, this program ${PROTOCOL_VERSION}`);
      return;
    }
    this.#events.message(message);
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(`no word for ${SILENCE_MS / 1000} s`), SILENCE_MS);
  }

  #lose(reason: string): void {
    this.close();
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
    this.#events.lost(reason);
  }
}
