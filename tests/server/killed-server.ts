/**
 * A real `hopscope server --store` that is killed with SIGKILL again and again
 * while two agents send: the agents' own buffer, uplink and WebSocket, with
 * records as kernels would make them.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { FrameBuffer } from '../../agent/frame-buffer.ts';
import { Uplink } from '../../agent/uplink.ts';
import { webSocketRoute } from '../../agent/web-socket-route.ts';
import { RECORD_BYTES } from '../../server/wire/record.ts';
import type { Vantage } from '../../server/wire/stations.ts';
import { until } from '../agent/until.ts';
import { exchange, GUEST_AHEAD_NS, hello, hostNowNs, VMS } from './exchanges.ts';
import { recount } from './recount.ts';
import { type Counted, recountMinutes } from './recount-minutes.ts';
import { ServerProcess, TOKEN } from './server-process.ts';

const BATCH_MS = 20;
const BUFFER_BYTES = 64 * 2 ** 20;

export interface KillPlan {
  folder: string;
  kills: number;
  /** Exchanges a second. */
  rate: number;
  /** A server lives between these, from the moment it serves. */
  livesMs: [shortest: number, longest: number];
  /**
   * Of one exchange in so many the guest's record never comes. What came after it is acknowledged once a server has
   * lived for longer than such a record waits: until then it is sent to every one of them.
   */
  lonelyEvery: number;
}

export interface KillResult {
  /** Exchanges with both records. */
  sent: number;
  /** Rows in the store; and how many requests they are. */
  rows: number;
  requests: number;
  /** From the start of each process until it serves. */
  servesMs: number[];
  /** Records that the agents had to drop. */
  dropped: number;
  /** Rows whose run is not in the store. */
  runless: number;
  /** Seconds that are rolled up, and those of them that are not what a recount of the rows says. */
  seconds: number;
  wrongSeconds: string[];
  /** The same of the minutes of objectives. */
  minutes: number;
  wrongMinutes: string[];
  /** Of each objective in examples/objectives.yaml, by the recount. */
  counted: Record<string, Counted>;
}

export async function killAgainAndAgain(plan: KillPlan): Promise<KillResult> {
  const first = await ServerProcess.start(plan.folder, 0);
  const load = new Load(first.port, plan);
  const servesMs = [first.servedMs];
  let server = first;
  for (let i = 0; i < plan.kills; i++) {
    const [shortest, longest] = plan.livesMs;
    await delay(shortest + Math.random() * (longest - shortest)); // the life of this server, not a wait for something
    await server.end('SIGKILL');
    server = await ServerProcess.start(plan.folder, first.port);
    servesMs.push(server.servedMs);
  }
  const dropped = await load.end();
  await server.end('SIGTERM');
  return { ...(await stored(plan.folder)), sent: load.sent, servesMs, dropped };
}

/** Both agents and what they see. */
class Load {
  sent = 0;
  readonly #plan: KillPlan;
  readonly #host: TestAgent;
  readonly #guest: TestAgent;
  readonly #timer: NodeJS.Timeout;
  #exchanges = 0;
  #isOver = false;

  constructor(port: number, plan: KillPlan) {
    this.#plan = plan;
    this.#host = new TestAgent('host', port);
    this.#guest = new TestAgent('guest', port);
    this.#host.uplink.send(VMS);
    this.#timer = setInterval(() => this.#step(), BATCH_MS);
  }

  /** The vantages take turns in being ahead. */
  #step(): void {
    if (!this.#isOver) this.#generate();
    const [ahead, behind] = Math.random() < 0.5 ? [this.#host, this.#guest] : [this.#guest, this.#host];
    ahead.uplink.flush();
    setImmediate(() => behind.uplink.flush());
  }

  #generate(): void {
    const count = Math.round((this.#plan.rate * BATCH_MS) / 1000);
    const pairs = Array.from({ length: count }, () => this.#exchange());
    const isLonely = (i: number) => (this.#exchanges - count + i + 1) % this.#plan.lonelyEvery === 0;
    this.#give(pairs, isLonely);
  }

  /** One in seven fails. */
  #exchange(): ReturnType<typeof exchange> {
    const number = ++this.#exchanges;
    return exchange(number, { atNs: hostNowNs(), status: number % 7 === 0 ? 503 : 200 });
  }

  #give(pairs: readonly ReturnType<typeof exchange>[], isLonely: (i: number) => boolean): void {
    const guests = pairs.filter((_, i) => !isLonely(i));
    this.sent += guests.length;
    this.#host.give(pairs.map(({ host }) => host));
    this.#guest.give(guests.map(({ guest }) => guest));
  }

  /** Stop, and wait until all is acknowledged. @returns records dropped */
  async end(): Promise<number> {
    this.#isOver = true;
    // Record time goes on by more than a lonely record waits.
    const last = exchange(++this.#exchanges, { atNs: hostNowNs() + 11_000_000_000n });
    this.#give([last], () => false);
    const { buffer: host } = this.#host;
    const { buffer: guest } = this.#guest;
    await until(
      () => [host.held, guest.held],
      (held) => Math.max(...held) === 0,
      120_000,
    );
    clearInterval(this.#timer);
    await Promise.all([this.#host.uplink.close(1_000), this.#guest.uplink.close(1_000)]);
    return host.dropped + guest.dropped;
  }
}

class TestAgent {
  readonly buffer = new FrameBuffer(BUFFER_BYTES);
  readonly uplink: Uplink;
  readonly #role: Vantage;

  constructor(role: Vantage, port: number) {
    const route = webSocketRoute(`ws://127.0.0.1:${port}/agent`);
    this.#role = role;
    this.uplink = new Uplink(route, () => hello(role, TOKEN), this.buffer, {
      onRefused: (code, message) => {
        throw new Error(`${code}: ${message}`);
      },
      onState: () => undefined,
    });
    this.uplink.connect();
  }

  give(records: readonly Uint8Array[]): void {
    if (records.length === 0) return;
    this.buffer.fill(
      records.length,
      (target, at, most) => {
        records.slice(0, most).forEach((record, i) => {
          target.set(record, at + i * RECORD_BYTES);
        });
        return Math.min(most, records.length);
      },
      hostNowNs() + (this.#role === 'guest' ? GUEST_AHEAD_NS : 0n),
    );
  }
}

/** What a store holds, of a server that has ended. */
export async function stored(folder: string): Promise<Omit<KillResult, 'sent' | 'servesMs' | 'dropped'>> {
  const instance = await DuckDBInstance.create(join(folder, 'hopscope.duckdb'), { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const counts =
    'count(*), count(DISTINCT (client_port, request_seq)), count(*) FILTER (run NOT IN (SELECT id FROM runs))';
  const result = await connection.runAndReadAll(`SELECT ${counts} FROM paths`);
  const [rows, requests, runless] = result.getRowsJS()[0]!.map(Number) as [number, number, number];
  const rolledUp = { ...(await recount(connection)), ...(await recountMinutes(connection)) };
  connection.closeSync();
  instance.closeSync();
  return { rows, requests, runless, ...rolledUp };
}
