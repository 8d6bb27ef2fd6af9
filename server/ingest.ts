/**
 * The `/agent` WebSocket: hello, then frames and reports. Whatever arrives,
 * the answer is an acknowledgement or a refusal with its reason, and a count.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod';
import type { Agent, AgentRegistry } from './agents.ts';
import { agentReportSchema, CONTROL_MAX_BYTES, helloSchema, helloStartSchema } from './schemas.ts';
import { FRAME_MAX_BYTES, type Frame, PROTOCOL_VERSION, readFrame } from './wire/frame.ts';
import type { AgentStats, Hello, RefusalCode, ServerMessage, VmInfo } from './wire/messages.ts';
import type { Vantage } from './wire/stations.ts';

export const HELLO_TIMEOUT_MS = 5_000;
export const MAX_AGENTS = 256;
const LIVENESS_MS = 5_000;
/** A frame that was made longer ago is one of a backlog: it can wait where it was kept so far. */
const BACKLOG_MS = 2_000;
/** A refused peer gets this long to read why. */
const CLOSE_GRACE_MS = 1_000;

export const CLOSE_CODES: Record<RefusalCode, number> = { malformed: 4400, token: 4401, protocol: 4426, busy: 4429 };
/** Another connection took over this agent id. */
export const CLOSE_REPLACED = 4409;

/** Where what arrives goes. A frame is acknowledged when its agent's `safe` has reached it. */
export interface IngestSink {
  hello(agent: Agent): void;
  frame(agent: Agent, frame: Frame): void;
  vms(agent: Agent, vms: VmInfo[]): void;
  stats(agent: Agent, stats: AgentStats): void;
  accessLog(agent: Agent, lines: readonly string[]): void;
}

export interface IngestOptions {
  token: string;
  registry: AgentRegistry;
  sink: IngestSink;
  now: () => number;
  log: Logger;
  helloTimeoutMs?: number;
  /** Whether so many records of a vantage wait for their partner that a backlog of it is not read further. */
  isCrowded?: (vantage: Vantage) => boolean;
  /** Whether the store cannot take more for now: nothing is read further. */
  isBehind?: () => boolean;
}

type Refusal = { code: RefusalCode; message: string };
type HelloResult = { ok: true; hello: Hello } | ({ ok: false } & Refusal);

export class Ingest {
  readonly counts = {
    'ingest.frames': 0,
    'ingest.connections': 0,
    'ingest.refused.token': 0,
    'ingest.refused.protocol': 0,
    'ingest.refused.malformed': 0,
    'ingest.refused.busy': 0,
    'ingest.silent': 0,
    'ingest.paused': 0,
  };
  readonly #options: IngestOptions;
  readonly #tokenHash: Buffer;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: FRAME_MAX_BYTES, perMessageDeflate: false });
  readonly #sockets = new Map<string, WebSocket>();
  readonly #liveness: NodeJS.Timeout;
  /** Not read until there is room for their vantage. */
  readonly #paused = new Map<WebSocket, Vantage>();

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#tokenHash = hash(options.token);
    this.#liveness = setInterval(() => this.#checkLiveness(), LIVENESS_MS).unref();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#greet(ws, request.socket.remoteAddress ?? 'unix'));
  }

  /** Acknowledge what became safe since the last call: one ack per agent at most. */
  acknowledge(): void {
    for (const agent of this.#options.registry.all()) {
      const socket = this.#sockets.get(agent.id);
      if (socket === undefined || agent.safe === null || agent.safe === agent.acked) continue;
      agent.acked = agent.safe;
      send(socket, { type: 'ack', sequence: agent.safe });
    }
  }

  /** Read on where there is room again. */
  resume(): void {
    for (const [socket, vantage] of this.#paused) {
      if (this.#isBehind() || this.#isCrowded(vantage)) continue;
      this.#paused.delete(socket);
      socket.resume();
    }
  }

  close(): void {
    clearInterval(this.#liveness);
    for (const socket of this.#server.clients) closeSoon(socket, 1001, 'server is stopping');
    this.#server.close();
  }

  #greet(socket: WebSocket, peer: string): void {
    this.counts['ingest.connections']++;
    alive.add(socket);
    socket.on('pong', () => alive.add(socket));
    // ws reports bad framing and oversize here and closes by itself (1002, 1007, 1009).
    socket.on('error', (error) => this.#count('malformed', peer, error.message));
    if (this.#server.clients.size > MAX_AGENTS) {
      this.#refuse(socket, peer, { code: 'busy', message: `this server already has ${MAX_AGENTS} agents` });
      return;
    }
    const timer = setTimeout(() => {
      this.counts['ingest.silent']++;
      const seconds = (this.#options.helloTimeoutMs ?? HELLO_TIMEOUT_MS) / 1000;
      this.#refuse(socket, peer, { code: 'malformed', message: `no hello within ${seconds} s` });
    }, this.#options.helloTimeoutMs ?? HELLO_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.once('message', (data, isBinary) => {
      clearTimeout(timer);
      const result = this.#readHello(data, isBinary);
      if (result.ok) this.#welcome(socket, peer, result.hello);
      else this.#refuse(socket, peer, result);
    });
  }

  #readHello(data: RawData, isBinary: boolean): HelloResult {
    const json = isBinary ? undefined : parseControl(data);
    const start = helloStartSchema.safeParse(json);
    if (!start.success) return refusal('malformed', 'the first message has to be a JSON hello');
    if (start.data.protocol !== PROTOCOL_VERSION) {
      const both = `this agent speaks protocol ${start.data.protocol}, this server ${PROTOCOL_VERSION}`;
      return refusal('protocol', `${both}: install the same version of hopscope on both`);
    }
    const hello = helloSchema.safeParse(json);
    if (!hello.success) return refusal('malformed', `hello: ${z.prettifyError(hello.error)}`);
    if (!timingSafeEqual(hash(hello.data.token), this.#tokenHash)) {
      return refusal('token', "the token is not this server's: give the agent the one of --token or --token-file");
    }
    return { ok: true, hello: hello.data };
  }

  #welcome(socket: WebSocket, peer: string, hello: Hello): void {
    const { registry, now, sink, log } = this.#options;
    const older = this.#sockets.get(hello.agentId);
    const agent = registry.attach(hello, now());
    this.#sockets.set(agent.id, socket);
    if (older !== undefined) closeSoon(older, CLOSE_REPLACED, 'another connection uses this agent id');
    sink.hello(agent);
    log.info({ agent: agent.label, id: agent.id, peer }, 'agent attached');
    socket.on('message', (data, isBinary) => {
      const fault = isBinary ? this.#frame(socket, agent, data) : this.#report(agent, data);
      if (fault !== null) this.#refuse(socket, peer, { code: 'malformed', message: fault });
    });
    socket.once('close', () => {
      this.#paused.delete(socket);
      if (this.#sockets.get(agent.id) !== socket) return;
      this.#sockets.delete(agent.id);
      registry.detach(agent, now());
      log.info({ agent: agent.label, id: agent.id }, 'agent detached');
    });
    agent.acked = agent.safe;
    send(socket, {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      ackedSequence: agent.safe ?? 0,
      receivedSequence: agent.sequence ?? 0,
    });
  }

  /** @returns what is wrong with the frame, or null */
  #frame(socket: WebSocket, agent: Agent, data: RawData): string | null {
    const result = readFrame(aligned(data as Buffer));
    if (!result.ok) return result.message;
    const { sequence, sentNs } = result.frame;
    if (this.#options.registry.arrive(agent, sequence, sentNs, this.#options.now()) === 'duplicate') {
      // The agent resends because it saw no ack: give it one again.
      agent.acked = null;
      return null;
    }
    this.counts['ingest.frames']++;
    agent.lost = Math.max(agent.lost, Number(result.frame.lost));
    this.#options.sink.frame(agent, result.frame);
    const ageMs = this.#options.now() - (agent.bootMs + Number(sentNs) / 1e6);
    const waits = this.#isBehind() || (ageMs > BACKLOG_MS && this.#isCrowded(agent.hello.role));
    if (waits) this.#pause(socket, agent.hello.role);
    return null;
  }

  #isCrowded(vantage: Vantage): boolean {
    return this.#options.isCrowded?.(vantage) ?? false;
  }

  #isBehind(): boolean {
    return this.#options.isBehind?.() ?? false;
  }

  #pause(socket: WebSocket, vantage: Vantage): void {
    this.counts['ingest.paused']++;
    this.#paused.set(socket, vantage);
    socket.pause();
  }

  #report(agent: Agent, data: RawData): string | null {
    const report = agentReportSchema.safeParse(parseControl(data));
    if (!report.success) return `control message: ${z.prettifyError(report.error)}`;
    if (report.data.type === 'vms') this.#options.sink.vms(agent, report.data.vms);
    else if (report.data.type === 'accesslog') this.#options.sink.accessLog(agent, report.data.lines);
    else this.#options.sink.stats(agent, report.data);
    return null;
  }

  #refuse(socket: WebSocket, peer: string, { code, message }: Refusal): void {
    if (socket.readyState !== socket.OPEN) return;
    this.#count(code, peer, message);
    send(socket, { type: 'refuse', code, message: message.slice(0, 1000) });
    socket.removeAllListeners('message');
    closeSoon(socket, CLOSE_CODES[code], code);
  }

  #count(code: RefusalCode, peer: string, message: string): void {
    this.counts[`ingest.refused.${code}`]++;
    this.#options.log.warn({ code, peer, reason: message }, 'agent refused');
  }

  #checkLiveness(): void {
    for (const socket of this.#server.clients) {
      // Of one that is not read nobody can tell.
      if (!alive.delete(socket) && !this.#paused.has(socket)) socket.terminate();
      else socket.ping();
    }
  }
}

/** Sockets that answered since the last check. */
const alive = new WeakSet<WebSocket>();

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function refusal(code: RefusalCode, message: string): HelloResult {
  return { ok: false, code, message };
}

/** @returns undefined where it is not JSON or too large */
function parseControl(data: RawData): unknown {
  const bytes = data as Buffer;
  if (bytes.length > CONTROL_MAX_BYTES) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A message may start anywhere in the socket's read buffer; records are read as 32-bit words. */
function aligned(bytes: Buffer): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

function send(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}

function closeSoon(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}
