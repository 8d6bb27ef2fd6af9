import { describe, expect, it } from 'vitest';
import type { LiveSnapshot } from '../../server/wire/live-views.ts';
import type { Health, Summary } from '../../server/wire/views.ts';
import { exchanges, frame, hostNowNs, stats } from './exchanges.ts';
import { acked, attach, getJson, Peer, start } from './running-server.ts';

describe('what measuring costs', () => {
  it('law 5, self-cost is visible: stands beside the latency in summary, health, live stream and metrics', async () => {
    const server = await start();
    const host = await attach(server, 'host');
    const guest = await attach(server, 'guest');
    for (const records of [0, 10]) {
      host.peer.send(stats({ bpfNs: records * 400, bpfRecords: records, cpuUs: records * 1_000 }));
      guest.peer.send(stats({ bpfNs: records * 900, bpfRecords: records, cpuUs: records * 500 }));
    }
    const { host: hosts, guest: guests } = exchanges(5, hostNowNs());
    host.peer.send(frame(1, hosts));
    guest.peer.send(frame(1, guests));
    await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);

    const summary = await getJson<Summary>(server, '/api/runs/current/summary');
    const perRequest = { hostNsPerRequest: 400, guestNsPerRequest: 900 };
    expect(summary.endToEnd.count).toBe(5);
    expect(summary.selfCost).toMatchObject(perRequest);
    const health = await getJson<Health>(server, '/api/health');
    expect(health.selfCost).toMatchObject(perRequest);
    expect(health.agents.map((agent) => agent.rssBytes)).toEqual([50_000_000, 50_000_000]);
    const live = await new Peer(`ws://${server.host}/live`).opened();
    expect((await live.next<LiveSnapshot>()).health.selfCost).toMatchObject(perRequest);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('hopscope_self_cost_request_seconds{vantage="host"} 4e-7\n');
    expect(metrics).toContain('hopscope_self_cost_request_seconds{vantage="guest"} 9e-7\n');
    expect(metrics).toMatch(/hopscope_self_cost_agent_memory_bytes\{agent="host:hv1"\} 50000000/);
  });

  it('is null while the kernel has not told, not 0', async () => {
    const server = await start();
    await attach(server, 'host');
    const { selfCost } = await getJson<Health>(server, '/api/health');
    expect(selfCost).toEqual({ guestNsPerRequest: null, hostNsPerRequest: null, agentCpu: null });
  });
});
