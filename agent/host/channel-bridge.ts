/**
 * The host's end of one guest's virtio-serial channel: QEMU listens on a Unix
 * socket, we connect to it, and give the guest's agent a WebSocket of its own to
 * the server. Messages pass unread; the guest keeps its frames until the server
 * acknowledges them, so whatever ends here loses nothing.
 */
import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type ChannelMessage, type MessageKind, MessageReader, messageBytes } from '../channel/message.ts';
import { serverSocket, socketTrouble } from '../web-socket-route.ts';

const RETRY_MS = 1_000;
/** A guest that is alive reports every second; one that was stopped begins anew. */
const SILENT_MS = 15_000;
const LOOK_MS = 5_000;
/** A guest cannot make us knock on the server's door more often than this. */
const OPEN_EVERY_MS = 100;
/** Towards the server: then the channel is not read until it is half of this. */
const TO_SERVER_BYTES = 1 << 20;
/** Towards a guest that does not read. */
const TO_GUEST_BYTES = 256 * 1024;
/** Before the server has answered there is no more than a hello to keep. */
const EARLY_BYTES = 256 * 1024;
const NORMAL_CLOSURE = 1000;

/** Cumulative, over all channels of this agent. */
export class ChannelCounts {
  connects = 0;
  sessions = 0;
  /** From guests to the server. */
  messages = 0;
  bytes = 0;
  /** Times a stream was no message where one should begin, and bytes passed over then. */
  malformed = 0;
  skippedBytes = 0;
  /** Messages of a connection that was over; the guest sends such frames again. */
  stale = 0;
  /** Control messages of the server for a guest that does not read. */
  unread = 0;
}

export type TellState = (state: 'connected' | 'waiting', detail: string) => void;

interface Session {
  id: number;
  /** Opened with the guest's first word: a busy guest may be seconds away from it. */
  socket: WebSocket | null;
  /** What came before the server's socket was open, and its bytes. */
  early: (string | Buffer)[];
  earlyBytes: number;
}

export class ChannelBridge {
  readonly #path: string;
  readonly #url: string;
  readonly #counts: ChannelCounts;
  readonly #tell: TellState;
  readonly #watch: NodeJS.Timeout;
  #channel: Socket | null = null;
  #reader = new MessageReader();
  #session: Session | null = null;
  #endedSession = 0;
  #heardMs = 0;
  #openedMs = Number.NEGATIVE_INFINITY;
  #retry: NodeJS.Timeout | null = null;
  #said = '';
  #closed = false;

  /** @param path of the socket that QEMU listens on @param url of the server's `/agent` */
  constructor(path: string, url: string, counts: ChannelCounts, tell: TellState) {
    this.#path = path;
    this.#url = url;
    this.#counts = counts;
    this.#tell = tell;
    this.#watch = setInterval(() => this.#checkSilence(), LOOK_MS);
    this.#connect();
  }

  /** Tells the guest, so that it keeps its frames from here on. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    if (this.#retry) clearTimeout(this.#retry);
    this.#endSession("the host's agent ends");
    this.#channel?.end();
  }

  #connect(): void {
    const channel = connect(this.#path);
    this.#channel = channel;
    this.#reader = new MessageReader();
    let reason = 'QEMU closed it';
    channel.on('connect', () => {
      this.#counts.connects += 1;
      this.#tellPerson('connected', this.#path);
    });
    channel.on('data', (chunk) => this.#take(chunk));
    channel.on('error', (error) => {
      reason = error.message;
    });
    channel.on('close', () => {
      this.#channel = null;
      this.#endSession('');
      if (this.#closed) return;
      this.#tellPerson('waiting', `${this.#path}: ${reason}`);
      this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
    });
  }

  /** A channel that comes and goes is said, one that stays away is said once. */
  #tellPerson(state: 'connected' | 'waiting', detail: string): void {
    if (detail !== this.#said) this.#tell(state, `channel ${detail}`);
    this.#said = detail;
  }

  #take(chunk: Buffer): void {
    this.#heardMs = performance.now();
    const { malformed, skippedBytes } = this.#reader;
    for (const message of this.#reader.push(chunk)) this.#receive(message);
    this.#counts.malformed += this.#reader.malformed - malformed;
    this.#counts.skippedBytes += this.#reader.skippedBytes - skippedBytes;
  }

  #receive(message: ChannelMessage): void {
    const session = message.session === this.#session?.id ? this.#session : null;
    if (message.kind === 'open') this.#openInTurn(message.session);
    else if (message.kind === 'close') this.#endSession('', session);
    // Forwarded after a gap, a frame would tell the server that the ones before it are lost.
    else if (message.afterGap) this.#endSession('bytes were lost on the channel', session);
    else if (session) this.#forward(session, message);
    else this.#passOver(message.session);
  }

  /** The guest does not know yet, or any more, that this connection is over: it is told once. */
  #passOver(session: number): void {
    this.#counts.stale += 1;
    if (session !== this.#endedSession) this.#tellGuest('close', session, 'no such connection');
    this.#endedSession = session;
  }

  #openInTurn(id: number): void {
    this.#endSession('');
    const nowMs = performance.now();
    if (nowMs - this.#openedMs < OPEN_EVERY_MS) this.#tellGuest('close', id, 'too many connections at once');
    else this.#open(id);
    this.#openedMs = nowMs;
  }

  #open(id: number): void {
    this.#counts.sessions += 1;
    this.#session = { id, socket: null, early: [], earlyBytes: 0 };
  }

  #callServer(session: Session): WebSocket {
    const socket = serverSocket(this.#url);
    let reason = 'the server closed the connection';
    socket.on('open', () => {
      for (const data of session.early.splice(0)) this.#send(socket, data);
    });
    socket.on('message', (data, isBinary) => {
      if (session === this.#session) this.#tellGuest(isBinary ? 'binary' : 'text', session.id, data as Buffer);
    });
    socket.on('error', (error) => {
      reason = socketTrouble(this.#url, error);
    });
    socket.on('close', () => {
      if (session === this.#session) this.#endSession(reason);
    });
    return socket;
  }

  #forward(session: Session, { kind, payload }: ChannelMessage): void {
    const data = kind === 'text' ? payload.toString() : payload;
    session.socket ??= this.#callServer(session);
    if (session.socket.readyState === session.socket.OPEN) this.#send(session.socket, data);
    else this.#keep(session, data);
  }

  #keep(session: Session, data: string | Buffer): void {
    session.earlyBytes += data.length;
    if (session.earlyBytes > EARLY_BYTES) this.#endSession('too much before the welcome');
    else session.early.push(data);
  }

  #send(socket: WebSocket, data: string | Buffer): void {
    this.#counts.messages += 1;
    this.#counts.bytes += data.length;
    socket.send(data, () => {
      if (socket.bufferedAmount < TO_SERVER_BYTES / 2) this.#channel?.resume();
    });
    if (socket.bufferedAmount > TO_SERVER_BYTES) this.#channel?.pause();
  }

  #tellGuest(kind: MessageKind, session: number, payload: Buffer | string): void {
    if (!this.#channel || this.#channel.writableLength > TO_GUEST_BYTES) this.#counts.unread += 1;
    else this.#channel.write(messageBytes(kind, session, payload));
  }

  /** @param reason for the guest; empty where it knows, or is gone */
  #endSession(reason: string, session = this.#session): void {
    if (!session) return;
    this.#session = null;
    this.#endedSession = session.id;
    if (reason !== '') this.#tellGuest('close', session.id, reason);
    if (session.socket?.readyState === session.socket?.OPEN) session.socket?.close(NORMAL_CLOSURE);
    else session.socket?.terminate();
    this.#channel?.resume();
  }

  /** The server asks us whether the guest's connection is alive, and we answer for the guest: so we must know. */
  #checkSilence(): void {
    const silentMs = performance.now() - this.#heardMs;
    if (this.#session && !this.#channel?.isPaused() && silentMs > SILENT_MS) this.#endSession('silent for too long');
  }
}
