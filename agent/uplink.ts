/**
 * The agent's conversation with the server: hello, frames, acknowledgements,
 * reconnect with jitter, whatever {@link Route} carries it. Records wait in a
 * {@link FrameBuffer} meanwhile.
 */
import type { AgentMessage, Hello, ServerMessage, Welcome } from '../server/wire/messages.ts';
import type { FrameBuffer } from './frame-buffer.ts';
import type { Link, Route } from './link.ts';

const FIRST_RETRY_MS = 250;
const RETRY_GROWTH = 1.5;
/** A server that was killed is back after a second or two: found then, not when its next end is near. */
const LONGEST_RETRY_MS = 2_000;
/** From the hello on: a busy guest may need seconds to say it, and to read the answer. */
const WELCOME_WITHIN_MS = 10_000;
/** More than this in the link means the server is slow: keep frames, where they can be acked. */
const LINK_BYTES = 1 << 20;

export interface UplinkEvents {
  /** The server will never take us: wrong token, other protocol. */
  onRefused(code: string, message: string): void;
  onState(state: 'connected' | 'waiting', detail: string): void;
}

export class Uplink {
  readonly #route: Route;
  readonly #hello: (localAddress: string) => Hello;
  readonly #buffer: FrameBuffer;
  readonly #events: UplinkEvents;
  #link: Link | null = null;
  #welcomed = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #closing = false;
  #lastVms: AgentMessage | null = null;
  #vmsToSend = false;
  #drained: PromiseWithResolvers<void> | null = null;
  reconnects = 0;

  constructor(route: Route, hello: (localAddress: string) => Hello, buffer: FrameBuffer, events: UplinkEvents) {
    this.#route = route;
    this.#hello = hello;
    this.#buffer = buffer;
    this.#events = events;
  }

  connect(): void {
    this.#welcomed = false;
    const link = this.#route.open({
      open: (localAddress) => {
        link.send(JSON.stringify(this.#hello(localAddress)));
        this.#startDeadline(link);
      },
      text: (message) => this.#receive(message),
      lost: (reason) => this.#lost(reason),
    });
    this.#link = link;
    this.#startDeadline(link);
  }

  #startDeadline(link: Link): void {
    this.#stopDeadline();
    this.#deadline = setTimeout(() => {
      link.close();
      this.#lost(`no welcome within ${WELCOME_WITHIN_MS / 1000} s`);
    }, WELCOME_WITHIN_MS);
  }

  #receive(text: string): void {
    const message = parseServerMessage(text);
    if (!message) return;
    if (message.type === 'refuse') {
      this.#refused(message.code, message.message);
      return;
    }
    if (message.type === 'ack') this.#buffer.acknowledge(message.sequence);
    else this.#welcome(message);
    this.flush();
    if (this.#buffer.held === 0) this.#tellDrained();
  }

  #welcome({ ackedSequence, receivedSequence }: Welcome): void {
    this.#stopDeadline();
    this.#welcomed = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#buffer.acknowledge(ackedSequence);
    this.#buffer.rewind(receivedSequence);
    this.#vmsToSend = this.#lastVms !== null;
    this.#events.onState('connected', this.#route.name);
  }

  #refused(code: string, message: string): void {
    // A busy server may have room later; the other refusals are for good.
    if (code !== 'busy') this.#closing = true;
    this.#link?.close();
    this.#lost(message);
    if (code !== 'busy') this.#events.onRefused(code, message);
  }

  #lost(reason: string): void {
    this.#stopDeadline();
    this.#link = null;
    this.#welcomed = false;
    if (this.#closing) {
      this.#tellDrained();
      return;
    }
    const waitMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(this.#retryMs * RETRY_GROWTH, LONGEST_RETRY_MS);
    this.reconnects += 1;
    this.#events.onState('waiting', `${reason}; next try in ${Math.round(waitMs)} ms`);
    this.#timer = setTimeout(() => this.connect(), waitMs);
  }

  #stopDeadline(): void {
    if (this.#deadline) clearTimeout(this.#deadline);
  }

  /**
   * A control message; stats are only worth sending now, the last `vms` is sent whenever there is room again.
   * @returns whether it is on its way
   */
  send(message: AgentMessage): boolean {
    if (message.type === 'vms') {
      this.#lastVms = message;
      this.#vmsToSend = true;
      this.flush();
      return !this.#vmsToSend;
    }
    const link = this.#roomyLink();
    link?.send(JSON.stringify(message));
    return link !== null;
  }

  /** The link, where it takes more: a server that stands still must not fill this process. */
  #roomyLink(): Link | null {
    return this.#welcomed && this.#link && this.#link.queuedBytes < LINK_BYTES ? this.#link : null;
  }

  /** Send what the link takes now. */
  flush(): void {
    if (this.#vmsToSend && this.#roomyLink()) {
      this.#vmsToSend = false;
      this.#link?.send(JSON.stringify(this.#lastVms));
    }
    for (let link = this.#roomyLink(); link; link = this.#roomyLink()) {
      const frame = this.#buffer.next();
      if (!frame) return;
      link.send(frame);
    }
  }

  /** Until the server says that it has all, or there will be no more word from it: refused, or closed. */
  drained(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  #tellDrained(): void {
    this.#drained?.resolve();
    this.#drained = null;
  }

  /** Wait until everything is acknowledged, `limitMs` at most, then close. */
  async close(limitMs: number): Promise<void> {
    this.flush();
    if (this.#welcomed && this.#buffer.held > 0) {
      const limit = setTimeout(() => this.#tellDrained(), limitMs);
      await this.drained();
      clearTimeout(limit);
    }
    this.#closing = true;
    this.#tellDrained();
    this.#stopDeadline();
    if (this.#timer) clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = null;
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
