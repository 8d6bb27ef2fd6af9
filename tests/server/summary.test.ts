import { describe, expect, it } from 'vitest';
import type { LiveSnapshot } from '../../server/wire/live-views.ts';
import type { Health, Summary } from '../../server/wire/views.ts';
import { exchange, frame, hostNowNs, stats } from './exchanges.ts';
import { attach, getJson, Peer, start, taken } from './running-server.ts';

describe('the counts of a run', () => {
  it('law 3, nothing silent: bring what any queue lost to summary, health, live stream and metrics, to the unit', async () => {
    const server = await start();
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    const drops = { 'ring.full': 3, 'flow.full': 5, 'uplink.buffer': 7 };
    host.peer.send(stats({ drops }));
    guest.peer.send(stats({ drops: { 'ring.full': 11 } }));
    const pairs = [1, 2, 3].map((seq) => exchange(seq, { atNs: hostNowNs() }));
    // One sent again, one malformed, one whose partner never comes.
    const malformed = pairs[0]!.guest.slice();
    host.peer.send(frame(1, [pairs[0]!.host, pairs[0]!.host, pairs[1]!.host, pairs[2]!.host, malformed]));
    guest.peer.send(frame(1, [pairs[0]!.guest, pairs[1]!.guest]));
    await taken(server, host.peer, guest.peer);

    const summary = await getJson<Summary>(server, '/api/runs/current/summary');
    const lost = {
      'host.ring.full': 3,
      'host.flow.full': 5,
      'host.uplink.buffer': 7,
      'guest.ring.full': 11,
      'join.malformed': 1,
      'join.evicted': 0,
      'join.overflow': 0,
    };
    expect(summary.drops).toMatchObject({ 'join.malformed': 1 });
    const { exchanges, unmatched, repeated, pending } = summary;
    expect({ exchanges, unmatched, repeated, pending }).toMatchObject({
      exchanges: { host: 5, guest: 2, joined: 2 },
      unmatched: { host: 0, guest: 0 },
      repeated: { host: 1, guest: 0 },
      pending: { host: 1, guest: 0 },
    });
    const health = await getJson<Health>(server, '/api/health');
    expect(health.drops).toMatchObject(lost);
    expect(health.agents.map((agent) => agent.drops)).toEqual([drops, { 'ring.full': 11 }]);
    const live = await new Peer(`ws://${server.host}/live`).opened();
    expect((await live.next<LiveSnapshot>()).health.drops).toMatchObject(lost);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const [queue, count] of Object.entries(lost)) {
      expect(metrics).toContain(`hopscope_drops_total{queue="${queue}"} ${count}\n`);
    }
  });
});
