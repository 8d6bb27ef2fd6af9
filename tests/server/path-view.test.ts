import { describe, expect, it } from 'vitest';
import { FLAGS, PROTOCOLS } from '../../server/wire/record.ts';
import type { Health, PathView, Summary } from '../../server/wire/views.ts';
import { exchange, frame, hostNowNs } from './exchanges.ts';
import { acked, attach, getJson, start } from './running-server.ts';

describe('a path of the API', () => {
  it('tells what TCP did, the class and the protocol; what is no request stays out of percentiles', async () => {
    const server = await start({ longPolls: ['/events'] });
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    const facts = { ackedNs: 81_000, connectNs: 400, retransmitsIn: 1, retransmitsOut: 2, zeroWindows: 3 };
    const pairs = [
      exchange(1, { atNs: hostNowNs(), host: { ...facts, synRetries: 4, protocol: PROTOCOLS.indexOf('http/1') } }),
      exchange(2, { atNs: hostNowNs(), slowerNs: 9_000_000, head: 'GET /events/7' }),
      exchange(3, { atNs: hostNowNs(), host: { flags: FLAGS.tls_hello, protocol: PROTOCOLS.indexOf('tls') } }),
    ];
    host.peer.send(
      frame(
        1,
        pairs.map((p) => p.host),
      ),
    );
    guest.peer.send(
      frame(
        1,
        pairs.map((p) => p.guest),
      ),
    );
    await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
    const all = await getJson<PathView[]>(server, '/api/runs/current/paths');
    expect(all.map((p) => [p.requestSeq, p.class, p.protocol])).toEqual([
      [3, 'handshake', 'tls'],
      [2, 'stream', 'unknown'],
      [1, 'request', 'http/1'],
    ]);
    expect(all[2]?.tcp).toEqual({ ...facts, synRetries: 4 });
    expect(all[1]?.tcp).toMatchObject({ ackedNs: null, connectNs: null, synRetries: null, retransmitsIn: 0 });
    const streams = await getJson<PathView[]>(server, '/api/runs/current/paths?class=stream&order=slowest');
    expect(streams).toEqual([all[1]]);
    const summary = await getJson<Summary>(server, '/api/runs/current/summary');
    expect(summary.exchanges).toMatchObject({ joined: 3, complete: 3 });
    expect(summary.endToEnd).toMatchObject({ count: 1, p99: all[2]?.endToEndNs });
    expect(summary.layers.find((l) => l.layer === 'service')?.count).toBe(1);
    expect(summary.vnicRoundTrip.count).toBe(1);
    expect(summary.classes.map((c) => [c.class, c.count, c.endToEnd.p50])).toEqual([
      ['request', 1, all[2]?.endToEndNs],
      ['multiplexed', 0, null],
      ['stream', 1, all[1]?.endToEndNs],
      ['handshake', 1, all[0]?.endToEndNs],
    ]);
    const health = await getJson<Health>(server, '/api/health');
    expect(health.classes).toEqual({ request: 1, multiplexed: 0, stream: 1, handshake: 1 });
  });
});
