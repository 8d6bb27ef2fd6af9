import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, CLOSE_REPLACED } from '../../server/ingest.ts';
import { CONTROL_MAX_BYTES } from '../../server/schemas.ts';
import { FRAME_MAX_BYTES, PROTOCOL_VERSION } from '../../server/wire/frame.ts';
import type { Refuse } from '../../server/wire/messages.ts';
import type { Gap, Health, PathView, Summary } from '../../server/wire/views.ts';
import { END_NS, exchanges, frame, hello, hostNowNs, stats, VMS } from './exchanges.ts';
import { acked, attach, getJson, Peer, post, type Started, start, TOKEN, taken } from './running-server.ts';

async function refused(server: Started, firstMessage: unknown): Promise<Refuse & { closeCode: number }> {
  const peer = await new Peer(`ws://${server.host}/agent`).opened();
  peer.send(firstMessage);
  const answer = await peer.next<Refuse>();
  return { ...answer, closeCode: (await peer.closed).code };
}

const summaryOf = (server: Started) => getJson<Summary>(server, '/api/runs/current/summary');
const healthOf = (server: Started) => getJson<Health>(server, '/api/health');

describe('/agent', () => {
  it('joins what a host and a guest send into complete paths whose layers add up exactly', async () => {
    const server = await start();
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    host.peer.send(VMS);
    const { host: hostRecords, guest: guestRecords } = exchanges(100, hostNowNs());
    host.peer.send(frame(1, hostRecords));
    await taken(server, host.peer);
    guest.peer.send(frame(1, guestRecords));
    await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
    const summary = await summaryOf(server);
    expect(summary.exchanges).toMatchObject({ host: 100, guest: 100, joined: 100, complete: 100 });
    expect(summary.run.vms).toEqual(['shop']);
    expect(summary.clock.method).toBe('causality');
    expect(summary.provenance.guest).toMatchObject({ nicModel: 'virtio-net-pci', accelerator: 'tcg' });
    const paths = await getJson<PathView[]>(server, '/api/runs/current/paths?limit=1000');
    expect(paths).toHaveLength(100);
    for (const path of paths) {
      expect(path).toMatchObject({ complete: true, vm: 'shop', method: 'GET', path: '/index.html', status: 200 });
      const sum = path.layers
        .filter((l) => l.of === null && l.layer !== 'client')
        .reduce((all, l) => all + (l.ns as number), 0);
      expect(sum).toBe(path.endToEndNs);
      expect(path.endToEndNs).toBe(END_NS);
    }
  });

  it('acknowledges once a tick at most, cumulatively', async () => {
    const server = await start();
    const { peer } = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    const { host, guest: guestRecords } = exchanges(50, hostNowNs());
    guest.peer.send(frame(1, guestRecords));
    host.forEach((record, i) => {
      peer.send(frame(i + 1, [record]));
    });
    await acked(peer, 50);
    // The welcome is the first message; 50 frames in one burst fit a few ticks.
    expect(peer.received.length - 1).toBeLessThan(10);
  });

  it('resumes after a reconnect without loss and without counting twice', async () => {
    const server = await start();
    const guest = await attach(server, 'guest');
    const { host: hostRecords, guest: guestRecords } = exchanges(60, hostNowNs());
    const frames = [0, 1, 2].map((i) => frame(i + 1, hostRecords.slice(i * 20, i * 20 + 20)));
    const first = await attach(server, 'host');
    expect(first.welcome).toMatchObject({ ackedSequence: 0, receivedSequence: 0 });
    guest.peer.send(frame(1, guestRecords.slice(0, 20)));
    first.peer.send(frames[0]);
    first.peer.send(frames[1]);
    await acked(first.peer, 1);
    await first.peer.close();
    const second = await attach(server, 'host');
    // The second frame is here, but waits for its partners: the agent keeps it and need not send it.
    expect(second.welcome).toMatchObject({ ackedSequence: 1, receivedSequence: 2 });
    second.peer.send(frames[1]);
    second.peer.send(frames[2]);
    guest.peer.send(frame(2, guestRecords.slice(20)));
    await acked(second.peer, 3);
    const summary = await summaryOf(server);
    expect(summary.exchanges).toMatchObject({ host: 60, guest: 60, joined: 60 });
    expect((await healthOf(server)).counters).toMatchObject({ 'frames.duplicate': 1, 'frames.missing': 0 });
  });

  it('acknowledges a frame again when an agent repeats the newest one', async () => {
    const server = await start();
    const { peer } = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    const { host, guest: guestRecords } = exchanges(1, hostNowNs());
    guest.peer.send(frame(1, guestRecords));
    const bytes = frame(1, host);
    peer.send(bytes);
    await acked(peer, 1);
    peer.send(bytes);
    await acked(peer, 1);
    expect((await summaryOf(server)).exchanges.host).toBe(1);
  });

  it('counts frames that never came', async () => {
    const server = await start();
    const { peer } = await attach(server, 'host');
    const { host } = exchanges(2, hostNowNs());
    peer.send(frame(1, host.slice(0, 1)));
    peer.send(frame(5, host.slice(1)));
    await taken(server, peer);
    expect((await healthOf(server)).counters['frames.missing']).toBe(3);
  });

  it('shows the stretch in which an agent was away', async () => {
    const server = await start();
    const { peer } = await attach(server, 'guest');
    await peer.close();
    const open = await healthOf(server);
    expect(open.gaps).toMatchObject([{ agent: 'guest:web1', toMs: null }]);
    expect(open.agents).toMatchObject([{ role: 'guest', connected: false }]);
    await attach(server, 'guest');
    const [gap] = (await healthOf(server)).gaps as [Gap];
    expect(gap.toMs).toBeGreaterThanOrEqual(gap.fromMs);
  });

  it('shows the gap that an agent brings from a server before this one', async () => {
    const server = await start();
    const startedNs = hostNowNs();
    const { peer } = await attach(server, 'host');
    peer.send(frame(17, exchanges(1, startedNs).host, startedNs - 3_000_000_000n));
    await taken(server, peer);
    // The gap began before this run did, and ended in it.
    const [gap] = (await summaryOf(server)).gaps as [Gap];
    expect((gap.toMs as number) - gap.fromMs).toBeGreaterThan(2_900);
    expect((await healthOf(server)).counters['frames.missing']).toBe(0);
  });

  it('lets the newest connection of an agent id have it', async () => {
    const server = await start();
    const first = await attach(server, 'host');
    const second = await attach(server, 'host');
    expect((await first.peer.closed).code).toBe(CLOSE_REPLACED);
    second.peer.send(frame(1, exchanges(1, hostNowNs()).host));
    await taken(server, second.peer);
    expect((await healthOf(server)).counters['ingest.frames']).toBe(1);
    expect((await healthOf(server)).agents).toMatchObject([{ id: 'host-agent', connected: true }]);
  });

  it('adds up the drops of both roles by queue and says what a request costs', async () => {
    const server = await start();
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    host.peer.send(stats({ drops: { 'ring.full': 3, 'uplink.buffer': 0 } }));
    guest.peer.send(stats({ bpfNs: 1_000, bpfRecords: 1 }));
    guest.peer.send(stats({ bpfNs: 22_000, bpfRecords: 11, cpuUs: 5 }));
    // Messages of one socket keep their order, so an acknowledged frame means the reports were read.
    host.peer.send(frame(1, exchanges(1, hostNowNs()).host));
    guest.peer.send(frame(1, exchanges(1, hostNowNs()).guest));
    await taken(server, host.peer, guest.peer);
    const health = await healthOf(server);
    expect(health.drops).toMatchObject({
      'host.ring.full': 3,
      'host.uplink.buffer': 0,
      'guest.ring.full': 0,
      'join.evicted': 0,
      'live.skipped': 0,
    });
    expect(health.selfCost).toMatchObject({ guestNsPerRequest: 2_100, hostNsPerRequest: null });
  });
});

describe('refusals at /agent', () => {
  it('names the flag when the token is wrong', async () => {
    const answer = await refused(await start(), hello('host', 'not-the-token'));
    expect(answer).toMatchObject({ type: 'refuse', code: 'token', closeCode: CLOSE_CODES.token });
    expect(answer.message).toContain('--token');
    expect(answer.message).not.toContain(TOKEN);
  });

  it('names both versions when the protocol is another one, whatever else the hello has', async () => {
    const answer = await refused(await start(), { type: 'hello', protocol: PROTOCOL_VERSION + 1, unheardOf: true });
    expect(answer).toMatchObject({ code: 'protocol', closeCode: CLOSE_CODES.protocol });
    expect(answer.message).toContain(`protocol ${PROTOCOL_VERSION + 1}, this server ${PROTOCOL_VERSION}`);
  });

  it('names the field when a hello is malformed', async () => {
    const answer = await refused(await start(), { ...hello('host', TOKEN), ports: [70_000] });
    expect(answer).toMatchObject({ code: 'malformed', closeCode: CLOSE_CODES.malformed });
    expect(answer.message).toContain('ports[0]');
  });

  it.each([
    ['a frame before the hello', frame(1, exchanges(1, hostNowNs()).host)],
    ['something that is no hello', { type: 'stats' }],
    ['a number', 7],
  ])('refuses %s', async (_, message) => {
    expect(await refused(await start(), message)).toMatchObject({ code: 'malformed' });
  });

  it('does not wait for ever for a hello', async () => {
    const server = await start({}, { helloTimeoutMs: 50 });
    const peer = await new Peer(`ws://${server.host}/agent`).opened();
    expect(await peer.next()).toMatchObject({ type: 'refuse', code: 'malformed' });
    expect((await healthOf(server)).counters['ingest.silent']).toBe(1);
  });

  it.each([
    ['a frame that is cut', frame(1, exchanges(2, hostNowNs()).host).slice(0, 300)],
    ['bytes that are no frame', new Uint8Array(64)],
    ['a report with a counter that is text', { ...stats(), records: 'many' }],
    ['a counter that would change an object', JSON.parse('{"type":"stats","drops":{"__proto__":1}}')],
    ['a control message that is too large', { type: 'vms', pad: 'x'.repeat(CONTROL_MAX_BYTES) }],
  ])('refuses an attached agent that sends %s, and counts it', async (_, message) => {
    const server = await start();
    const { peer } = await attach(server, 'host');
    peer.send(message);
    expect(await peer.next()).toMatchObject({ type: 'refuse', code: 'malformed' });
    expect((await peer.closed).code).toBe(CLOSE_CODES.malformed);
    expect((await healthOf(server)).counters['ingest.refused.malformed']).toBe(1);
  });

  it('closes an agent whose message is larger than any frame', async () => {
    const server = await start();
    const { peer } = await attach(server, 'host');
    peer.send(new Uint8Array(FRAME_MAX_BYTES + 1));
    expect((await peer.closed).code).toBe(1009);
    expect((await healthOf(server)).counters['ingest.refused.malformed']).toBe(1);
  });

  it('counts malformed records and keeps the good ones of a frame', async () => {
    const server = await start();
    const { peer } = await attach(server, 'host');
    const { host } = exchanges(3, hostNowNs());
    peer.send(frame(1, [host[0] as Uint8Array, new Uint8Array(256).fill(255), host[2] as Uint8Array]));
    await taken(server, peer);
    const { drops, exchanges: counts } = await summaryOf(server);
    expect(counts.host).toBe(3);
    expect(drops['join.malformed']).toBe(1);
  });
});

describe('a run at /agent', () => {
  it('keeps paths out of a run that has ended and counts them', async () => {
    const server = await start();
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    await post(server, '/api/runs/current/end', {});
    const late = exchanges(5, hostNowNs() + 2_000_000_000n);
    host.peer.send(frame(1, late.host));
    guest.peer.send(frame(1, late.guest));
    await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
    expect((await healthOf(server)).counters['runs.outside']).toBe(5);
    expect((await summaryOf(server)).exchanges.joined).toBe(0);
  });
});
