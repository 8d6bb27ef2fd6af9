import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pathColumns } from '../../server/join/paths.ts';
import { HEARTBEAT_MS, MAX_CLIENTS, SLOW_BYTES } from '../../server/live.ts';
import type { LiveMessage, LiveSnapshot, LiveTick } from '../../server/wire/live-views.ts';
import { LAYER_IDS } from '../../server/wire/stations.ts';
import type { Health } from '../../server/wire/views.ts';
import { exchanges, frame, hostNowNs } from './exchanges.ts';
import { attach, getJson, Peer, post, type Started, start } from './running-server.ts';

const isTick = (m: LiveMessage): m is LiveTick => m.type === 'tick';

async function watch(server: Started) {
  const peer = await new Peer(`ws://${server.host}/live`).opened();
  return { peer, snapshot: await peer.next<LiveSnapshot>() };
}

async function sendExchanges(server: Started, count: number): Promise<void> {
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest');
  const records = exchanges(count, hostNowNs());
  host.peer.send(frame(1, records.host));
  guest.peer.send(frame(1, records.guest));
}

const refusal = (peer: Peer) =>
  new Promise<number>((resolve) => {
    peer.socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });

describe('/live', () => {
  it('begins with a snapshot of the run', async () => {
    const { snapshot } = await watch(await start({ run: 'before the change' }));
    expect(snapshot).toMatchObject({ type: 'snapshot', protocol: 1, layers: LAYER_IDS, seconds: [], recent: [] });
    expect(snapshot.run).toMatchObject({ name: 'before the change', exchanges: 0 });
  });

  it('tells what changed within a second of the response', async () => {
    const server = await start();
    const { peer } = await watch(server);
    await sendExchanges(server, 20);
    const sentMs = performance.now();
    const tick = (await peer.until<LiveMessage>((m) => isTick(m) && m.run.exchanges === 20)) as LiveTick;
    expect(performance.now() - sentMs).toBeLessThan(1_000);
    expect(tick.seconds.reduce((sum, row) => sum + row.count, 0)).toBe(20);
    expect(tick.recent).toMatchObject([{ vm: 'web1', count: 20 }]);
    expect(tick.health.agents.map((a) => a.role).sort()).toEqual(['guest', 'host']);
    expect(tick.health.liveDelayMs).toBeLessThan(1_000);
  });

  it('gives a page that comes later the same rows', async () => {
    const server = await start();
    const early = await watch(server);
    await sendExchanges(server, 20);
    await early.peer.until<LiveMessage>((m) => m.run.exchanges === 20);
    const { snapshot } = await watch(server);
    expect(snapshot.seconds.reduce((sum, row) => sum + row.count, 0)).toBe(20);
  });

  it('ticks once a second when nothing happens', async () => {
    const { peer, snapshot } = await watch(await start());
    const first = await peer.next<LiveTick>();
    const second = await peer.next<LiveTick>();
    expect(first.seconds).toEqual([]);
    expect(second.nowMs - first.nowMs).toBeGreaterThanOrEqual(HEARTBEAT_MS);
    expect(second.nowMs - snapshot.nowMs).toBeLessThan(3 * HEARTBEAT_MS);
  });

  it('sends a snapshot when a new run begins', async () => {
    const server = await start();
    const { peer } = await watch(server);
    await post(server, '/api/runs', { name: 'after the change' });
    const message = await peer.until<LiveMessage>((m) => m.run.name === 'after the change');
    expect(message.type).toBe('snapshot');
  });

  it('turns away a client too many, whatever that one sends', async () => {
    const server = await start();
    await Promise.all(Array.from({ length: MAX_CLIENTS }, () => new Peer(`ws://${server.host}/live`).opened()));
    const [hostname, port] = server.host.split(':') as [string, string];
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /live HTTP/1.1\r\nHost: ${server.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(socket, 'data');
    // All reserved bits set: no WebSocket frame.
    socket.write(Buffer.alloc(4, 0xff));
    socket.resume();
    await once(socket, 'close');
    const { counters } = await getJson<Health>(server, '/api/health');
    expect(counters).toMatchObject({ 'live.refused': 1, 'live.violations': 1 });
  });

  it('takes no messages from a client', async () => {
    const server = await start();
    const { peer } = await watch(server);
    peer.send({ subscribe: 'everything' });
    expect((await peer.closed).code).toBe(1008);
    expect((await getJson<Health>(server, '/api/health')).counters['live.violations']).toBe(1);
  });

  it('closes a client whose message is too large to be read', async () => {
    const server = await start();
    const { peer } = await watch(server);
    peer.send('x'.repeat(2_000));
    expect((await peer.closed).code).toBe(1009);
    expect((await getJson<Health>(server, '/api/health')).counters['live.violations']).toBe(1);
  });

  it('refuses a page of another origin, and takes one that is allowed', async () => {
    const server = await start({ allowOrigins: ['https://grafana.example'] });
    const foreign = new Peer(`ws://${server.host}/live`, { origin: 'https://evil.example' });
    expect(await refusal(foreign)).toBe(403);
    await new Peer(`ws://${server.host}/live`, { origin: 'https://grafana.example' }).opened();
    await new Peer(`ws://${server.host}/live`, { origin: server.url }).opened();
    expect((await getJson<Health>(server, '/api/health')).counters['live.refused']).toBe(1);
  });

  it('refuses a name that somebody pointed at this machine', async () => {
    const server = await start();
    const headers = { host: 'rebound.example', origin: 'http://rebound.example' };
    expect(await refusal(new Peer(`ws://${server.host}/live`, { headers }))).toBe(403);
  });
});

describe('a client that does not read', () => {
  it('misses ticks, which are counted, and gets a snapshot when it has caught up', async () => {
    const server = await start();
    const { pipeline, live } = server;
    const { peer } = await watch(server);
    peer.socket.pause();
    // Real rows of many VMs make ticks large enough to fill the kernel's buffers.
    const names = Array.from({ length: 60 }, (_, i) => `vm-${i}-${'x'.repeat(100)}`);
    const columns = pathColumns(names.length);
    columns.vm.set(names.map((_, i) => i));
    columns.atMs.fill(Date.now());
    columns.endToEnd.fill(5_000);
    for (let i = 0; live.drops['live.skipped'] === 0 && i < 2_000; i++) {
      pipeline.runs.current.aggregate.add(columns, 0, names.length, names);
      live.tick();
      if (i % 20 === 0) await turn();
    }
    expect(live.drops['live.skipped']).toBeGreaterThan(0);
    expect((await getJson<Health>(server, '/api/health')).drops['live.skipped']).toBeGreaterThan(0);
    const total = pipeline.runs.current.aggregate.counts.exchanges;
    peer.socket.resume();
    const again = (await peer.until<LiveMessage>((m) => m.type === 'snapshot')) as LiveSnapshot;
    expect(again.run.exchanges).toBe(total);
    expect(again.seconds.reduce((sum, row) => sum + row.count, 0)).toBe(total);
    // What waited for it stayed bounded: its limit, and one tick more.
    expect(peer.received.join('').length).toBeLessThan(40 * SLOW_BYTES);
  });
});
