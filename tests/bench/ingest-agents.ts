/**
 * The two agents as a process of their own: the agent's frame buffer, uplink
 * and WebSocket, and recorded records where a ring buffer would give them.
 * Started by {@link AgentsProcess} with a port; told over IPC what to send.
 */
import { FrameBuffer } from '../../agent/frame-buffer.ts';
import { Uplink } from '../../agent/uplink.ts';
import { webSocketRoute } from '../../agent/web-socket-route.ts';
import { FRAME_MAX_RECORDS } from '../../server/wire/frame.ts';
import type { Vantage } from '../../server/wire/stations.ts';
import { GUEST_AHEAD_NS, hello, hostNowNs } from '../server/exchanges.ts';
import { TOKEN } from '../server/server-process.ts';
import { recordedExchanges } from './ingest-records.ts';
import { type Portion, Traffic } from './ingest-traffic.ts';

/** How often an agent looks into its ring, about. */
const STEP_MS = 5;
/** As fast as acknowledged: so many frames of 1,024 wait for that at most, below what the server keeps in memory. */
const WINDOW_FRAMES = 64;
const BUFFER_BYTES = 64 * 2 ** 20;

export interface Order {
  requests: number;
  /** A second, whatever the server says of them; null is as fast as they are acknowledged. */
  rate: number | null;
}

export interface Delivery {
  requests: number;
  /** From the first until the last was acknowledged. */
  seconds: number;
  /** Records that the agents had no room for. */
  dropped: number;
  /** CPU of both agents. */
  cpuSeconds: number;
}

class ReplayingAgent {
  readonly buffer = new FrameBuffer(BUFFER_BYTES);
  readonly uplink: Uplink;
  readonly #vantage: Vantage;
  readonly connected: Promise<void>;

  constructor(vantage: Vantage, port: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.connected = promise;
    this.#vantage = vantage;
    this.uplink = new Uplink(webSocketRoute(`ws://127.0.0.1:${port}/agent`), () => hello(vantage, TOKEN), this.buffer, {
      onRefused: (code, message) => {
        throw new Error(`${code}: ${message}`);
      },
      onState: (state) => {
        if (state === 'connected') resolve();
      },
    });
    this.uplink.connect();
  }

  give(traffic: Traffic, portion: Portion): void {
    const records = traffic.bytesOf(this.#vantage, portion);
    const take = (target: Uint8Array, at: number) => {
      target.set(records, at);
      return portion.count;
    };
    this.buffer.fill(portion.count, take, hostNowNs() + (this.#vantage === 'guest' ? GUEST_AHEAD_NS : 0n));
  }
}

class Agents {
  readonly #host: ReplayingAgent;
  readonly #guest: ReplayingAgent;
  readonly #traffic: Traffic;
  #sentNs = Number(hostNowNs());

  constructor(port: number, traffic: Traffic) {
    this.#host = new ReplayingAgent('host', port);
    this.#guest = new ReplayingAgent('guest', port);
    this.#traffic = traffic;
  }

  async connected(): Promise<void> {
    await Promise.all([this.#host.connected, this.#guest.connected]);
  }

  async send({ requests, rate }: Order): Promise<Delivery> {
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    const droppedBefore = this.#dropped;
    this.#sentNs = Number(hostNowNs());
    let sent = 0;
    const isOver = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      const due =
        rate === null ? requests : Math.min(requests, Math.floor(((performance.now() - startMs) * rate) / 1000));
      sent += this.#step(due - sent, rate === null);
      if (sent === requests && this.#held === 0) isOver.resolve();
    }, STEP_MS);
    await isOver.promise;
    clearInterval(timer);
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - startMs) / 1000;
    return { requests, seconds, dropped: this.#dropped - droppedBefore, cpuSeconds: (user + system) / 1e6 };
  }

  /** @returns how many exchanges were given to both agents, of those that are due */
  #step(due: number, waits: boolean): number {
    const room = waits ? Math.max(0, WINDOW_FRAMES - this.#held) : Number.POSITIVE_INFINITY;
    const count = Math.min(due, room * FRAME_MAX_RECORDS);
    const everyNs = (Number(hostNowNs()) - this.#sentNs) / count;
    for (let given = 0; given < count; ) given += this.#giveFrame(Math.min(count - given, FRAME_MAX_RECORDS), everyNs);
    for (const agent of [this.#host, this.#guest]) agent.uplink.flush();
    return count;
  }

  #giveFrame(most: number, everyNs: number): number {
    const portion = this.#traffic.next(most, this.#sentNs, everyNs);
    this.#sentNs += portion.count * everyNs;
    for (const agent of [this.#host, this.#guest]) agent.give(this.#traffic, portion);
    return portion.count;
  }

  get #held(): number {
    return Math.max(this.#host.buffer.held, this.#guest.buffer.held);
  }

  get #dropped(): number {
    return this.#host.buffer.dropped + this.#guest.buffer.dropped;
  }

  async close(): Promise<void> {
    await Promise.all([this.#host.uplink.close(1_000), this.#guest.uplink.close(1_000)]);
  }
}

const agents = new Agents(Number(process.argv[2]), new Traffic(await recordedExchanges()));
await agents.connected();
process.on('message', async (order: Order) => process.send!(await agents.send(order)));
process.once('disconnect', () => void agents.close());
process.send!('ready');
