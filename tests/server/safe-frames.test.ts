import { describe, expect, it } from 'vitest';
import type { Health, Summary } from '../../server/wire/views.ts';
import { until } from '../agent/until.ts';
import { exchange, exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, attach, getJson, type Started, start, taken } from './running-server.ts';

const summaryOf = (server: Started) => getJson<Summary>(server, '/api/runs/current/summary');
const healthOf = (server: Started) => getJson<Health>(server, '/api/health');

describe('the server as the keeper of frames', () => {
  it('acknowledges a frame when each of its records is joined or given up, not before', async () => {
    const startMs = Date.now();
    // Ten seconds of the server's clock are one here.
    const server = await start({}, { now: () => startMs + 10 * (Date.now() - startMs) });
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    const [first, lonely, third] = [0, 1, 2].map((i) => exchange(i + 1, { atNs: hostNowNs() }));
    host.peer.send(frame(1, [first!.host]));
    host.peer.send(frame(2, [lonely!.host, third!.host]));
    guest.peer.send(frame(1, [first!.guest, third!.guest]));
    expect(await host.peer.next()).toEqual({ type: 'ack', sequence: 1 });
    await acked(guest.peer, 1);
    // Record time passes: what is 11 s older than the newest record of its machine is given up.
    const later = exchange(4, { atNs: hostNowNs() + 11_000_000_000n });
    host.peer.send(frame(3, [later.host]));
    expect(await host.peer.next()).toEqual({ type: 'ack', sequence: 2 });
    guest.peer.send(frame(2, [later.guest]));
    expect(await host.peer.next()).toEqual({ type: 'ack', sequence: 3 });
  });

  it('joins a backlog larger than what may wait, although its agents come back one after the other', async () => {
    const server = await start();
    const count = 70_000;
    const records = exchanges(count, hostNowNs());
    const backlog = (of: readonly Uint8Array[]) =>
      Array.from({ length: count / 1000 }, (_, i) => frame(i + 1, of.slice(i * 1000, (i + 1) * 1000), 1n));
    const host = await attach(server, 'host');
    for (const bytes of backlog(records.host)) host.peer.send(bytes);
    await until(
      () => healthOf(server),
      ({ counters }) => counters['ingest.paused']! > 0,
    );
    const guest = await attach(server, 'guest');
    for (const bytes of backlog(records.guest)) guest.peer.send(bytes);
    await Promise.all([acked(host.peer, count / 1000), acked(guest.peer, count / 1000)]);
    const { exchanges: counts, unmatched, drops } = await summaryOf(server);
    expect(counts).toMatchObject({ host: count, guest: count, joined: count });
    expect(unmatched).toEqual({ host: 0, guest: 0 });
    expect(Object.values(drops).every((lost) => lost === 0)).toBe(true);
  }, 60_000);

  it('leaves to the next server what waits for its partner, and only that', async () => {
    const server = await start();
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    const [joined, half] = [0, 1].map((i) => exchange(i + 1, { atNs: hostNowNs() }));
    host.peer.send(frame(1, [joined!.host]));
    host.peer.send(frame(2, [half!.host]));
    guest.peer.send(frame(1, [joined!.guest]));
    await taken(server, host.peer, guest.peer);
    await server.close();
    await host.peer.closed;
    expect(host.peer.received.slice(1)).toEqual([JSON.stringify({ type: 'ack', sequence: 1 })]);
  });
});
