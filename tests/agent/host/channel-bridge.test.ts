import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { channelRoute } from '../../../agent/channel/channel-route.ts';
import { MESSAGE_HEADER_BYTES, messageBytes } from '../../../agent/channel/message.ts';
import { FrameBuffer } from '../../../agent/frame-buffer.ts';
import { ChannelBridge, ChannelCounts } from '../../../agent/host/channel-bridge.ts';
import type { Link } from '../../../agent/link.ts';
import { Uplink } from '../../../agent/uplink.ts';
import type { ServerOptions } from '../../../server/options.ts';
import { FRAME_MAX_BYTES } from '../../../server/wire/frame.ts';
import { RECORD_BYTES } from '../../../server/wire/record.ts';
import type { Health, Summary } from '../../../server/wire/views.ts';
import { exchanges, hello, hostNowNs } from '../../server/exchanges.ts';
import { afterwards, getJson, type Started, start, TOKEN } from '../../server/running-server.ts';
import { until } from '../until.ts';
import { VirtioPort } from '../virtio-port.ts';

const FLUSH_MS = 10;
/** What the uplink lets stand in a link, and the frame that was too much. */
const LINK_BYTES = (1 << 20) + FRAME_MAX_BYTES + MESSAGE_HEADER_BYTES;

/** A guest's agent without probes: real uplink, real channel, records made here. */
class Guest {
  readonly buffer = new FrameBuffer(32 << 20);
  readonly states: string[] = [];
  readonly refusals: string[] = [];
  readonly uplink: Uplink;
  link: Link | null = null;
  #made = 0;

  constructor(port: VirtioPort, agentId: string, token = TOKEN) {
    const route = channelRoute('of a test', port.open);
    this.uplink = new Uplink(
      {
        ...route,
        open: (events) => {
          this.link = route.open(events);
          return this.link;
        },
      },
      () => hello('guest', token, { agentId }),
      this.buffer,
      {
        onState: (state, detail) => this.states.push(`${state}: ${detail}`),
        onRefused: (code) => this.refusals.push(code),
      },
    );
    this.uplink.connect();
    const timer = setInterval(() => this.uplink.flush(), FLUSH_MS);
    afterwards(() => {
      clearInterval(timer);
      return this.uplink.close(0);
    });
  }

  /** `count` more records, in frames of `perFrame`. */
  make(count: number, perFrame = 50): void {
    const { guest } = exchanges(count, hostNowNs(), {}, this.#made + 1);
    this.#made += count;
    for (let at = 0; at < count; at += perFrame) {
      const records = guest.slice(at, at + perFrame);
      const take = (target: Uint8Array, from: number) => {
        for (const [i, record] of records.entries()) target.set(record, from + i * RECORD_BYTES);
        return records.length;
      };
      this.buffer.fill(records.length, take, hostNowNs());
    }
  }

  connected(times: number): Promise<unknown> {
    return until(
      () => this.states.filter((state) => state.startsWith('connected')).length,
      (seen) => seen >= times,
    );
  }
}

let directory: string;
async function port(): Promise<VirtioPort> {
  directory = mkdtempSync(join(tmpdir(), 'hopscope-channel-'));
  const made = await VirtioPort.listen(join(directory, 'agent.sock'));
  afterwards(() => made.close());
  return made;
}
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function bridge(at: VirtioPort, server: { host: string }, counts = new ChannelCounts()) {
  const states: string[] = [];
  const made = new ChannelBridge(at.path, `ws://${server.host}/agent`, counts, (state) => states.push(state));
  afterwards(() => made.close());
  return { bridge: made, counts, states };
}

/** A server without a host's agent: what waits for a partner waits in vain, and is acknowledged when it is given up. */
const alone = (options: Partial<ServerOptions> = {}) =>
  start(options, { waits: { expireNs: 1e8, shortestWaitS: 0, longestWaitS: 1 } });

const guestRecords = async (server: Started) =>
  (await getJson<Summary>(server, '/api/runs/current/summary')).exchanges.guest;
const health = (server: Started) => getJson<Health>(server, '/api/health');
const arrived = (server: Started, count: number) =>
  until(
    () => guestRecords(server),
    (seen) => seen >= count,
  );
const acknowledged = (guest: Guest) =>
  until(
    () => guest.buffer.held,
    (held) => held === 0,
  );

describe('the bridge between a guest and the server', () => {
  it("carries the guest's hello, its frames and the server's acknowledgements", async () => {
    const server = await alone();
    const at = await port();
    const { counts } = bridge(at, server);
    const guest = new Guest(at, 'one');
    guest.make(1_000);
    await acknowledged(guest);
    expect(await guestRecords(server)).toBe(1_000);
    expect((await health(server)).agents).toMatchObject([{ id: 'one', role: 'guest', connected: true }]);
    expect(counts).toMatchObject({ connects: 1, malformed: 0, stale: 0 });
    expect(counts.messages).toBe(1_000 / 50 + counts.sessions);
    expect(counts.bytes).toBeGreaterThan(1_000 * RECORD_BYTES);
  });

  it('takes the largest frames, many at once', async () => {
    const server = await alone();
    const at = await port();
    bridge(at, server);
    const guest = new Guest(at, 'large');
    guest.make(20_000, 1_024);
    await acknowledged(guest);
    expect(await guestRecords(server)).toBe(20_000);
  });

  it('neither loses nor doubles a record when the host agent is replaced again and again', async () => {
    const server = await alone();
    const at = await port();
    const guest = new Guest(at, 'replaced');
    for (let i = 1; i <= 4; i++) {
      const { bridge: mine } = bridge(at, server);
      await guest.connected(i);
      guest.make(500);
      guest.uplink.flush();
      mine.close();
      guest.make(500);
    }
    bridge(at, server);
    await arrived(server, 4_000);
    await acknowledged(guest);
    expect(await guestRecords(server)).toBe(4_000);
    expect((await health(server)).counters['frames.missing']).toBe(0);
    expect(guest.states).toContainEqual(expect.stringMatching(/^waiting: .*next try in \d+ ms$/));
  });

  it('neither loses nor doubles a record when the channel is cut under load', async () => {
    const server = await alone();
    const at = await port();
    const { counts } = bridge(at, server);
    const guest = new Guest(at, 'cut');
    for (let i = 1; i <= 3; i++) {
      await guest.connected(i);
      guest.make(2_000);
      guest.uplink.flush();
      at.cut();
    }
    await acknowledged(guest);
    expect(await guestRecords(server)).toBe(6_000);
    expect((await health(server)).counters['frames.missing']).toBe(0);
    expect(counts.connects).toBe(4);
  });

  it('tells the guest when the server is away, and joins them when it is back', async () => {
    const at = await port();
    const first = await alone();
    const { host } = first;
    bridge(at, first);
    const guest = new Guest(at, 'patient');
    guest.make(100);
    await acknowledged(guest);
    await first.close();
    await until(
      () => guest.states.join('\n'),
      (said) => said.includes('ECONNREFUSED'),
    );
    guest.make(100);
    const second = await alone({ listen: [{ kind: 'tcp', host: '127.0.0.1', port: Number(host.split(':')[1]) }] });
    await acknowledged(guest);
    expect(await guestRecords(second)).toBe(100);
  });

  it("hands on the server's refusal", async () => {
    const server = await alone();
    const at = await port();
    bridge(at, server);
    const guest = new Guest(at, 'stranger', 'another-token');
    await until(
      () => guest.refusals,
      (refusals) => refusals.length > 0,
    );
    expect(guest.refusals).toEqual(['token']);
  });

  it('ends the connection of an agent that another one has replaced', async () => {
    const server = await alone();
    const at = await port();
    bridge(at, server);
    const killed = new Guest(at, 'killed');
    await killed.connected(1);
    const next = new Guest(at, 'next');
    await next.connected(1);
    const { agents } = await until(
      () => health(server),
      (seen) => seen.agents.filter((agent) => agent.connected).length === 1,
    );
    expect(agents.find((agent) => agent.connected)?.id).toBe('next');
  });

  it('lets no more stand in the guest than its bound while QEMU reads nothing', async () => {
    const server = await alone();
    const at = await port();
    bridge(at, server);
    const guest = new Guest(at, 'waiting');
    await guest.connected(1);
    at.standStill(true);
    guest.make(20_000, 1_000);
    await until(
      () => guest.link?.queuedBytes ?? 0,
      (bytes) => bytes > 1 << 20,
    );
    for (let i = 0; i < 100; i++) guest.uplink.flush();
    expect(guest.link?.queuedBytes).toBeLessThanOrEqual(LINK_BYTES);
    at.standStill(false);
    await acknowledged(guest);
    expect(await guestRecords(server)).toBe(20_000);
  });

  it('begins anew after garbage amid a connection, and counts it', async () => {
    const server = await alone();
    const at = await port();
    const { counts } = bridge(at, server);
    const guest = new Guest(at, 'disturbed');
    await guest.connected(1);
    at.disturb('host', Buffer.from('not of us'));
    guest.make(200);
    await guest.connected(2);
    at.disturb('guest', Buffer.from('HOPC'));
    guest.make(200);
    await acknowledged(guest);
    expect(await guestRecords(server)).toBe(400);
    expect((await health(server)).counters['frames.missing']).toBe(0);
    expect(counts.malformed).toBeGreaterThan(0);
    expect(counts.skippedBytes).toBeGreaterThanOrEqual(9);
  });

  it('answers whoever speaks on a connection that is over, once', async () => {
    const server = await alone();
    const at = await port();
    const { counts } = bridge(at, server);
    await until(
      () => counts.connects,
      (connects) => connects === 1,
    );
    for (let i = 0; i < 3; i++) at.disturb('host', messageBytes('binary', 77, 'late'));
    await until(
      () => counts.stale,
      (stale) => stale === 3,
    );
    expect(counts.sessions).toBe(0);
  });

  it('waits for a QEMU that is not there yet', async () => {
    const server = await alone();
    const at = await port();
    const { path } = at;
    at.close();
    const { states } = bridge(at, server);
    await until(
      () => states,
      (seen) => seen.includes('waiting'),
    );
    const later = await VirtioPort.listen(path);
    afterwards(() => later.close());
    const guest = new Guest(later, 'later');
    guest.make(10);
    await acknowledged(guest);
    expect(states).toEqual(['waiting', 'connected']);
  });
});
