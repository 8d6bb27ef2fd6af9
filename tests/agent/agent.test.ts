import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, askMany, serve } from './http-service.ts';
import { SwitchedHost, VM } from './switched-host.ts';
import { SERVICE_PORT, TracedServer } from './traced-server.ts';
import { until } from './until.ts';

let network: SwitchedHost;
let traced: TracedServer;
let service: http.Server;

beforeAll(() => {
  network = new SwitchedHost();
  traced = new TracedServer(network);
  service = serve(network.vm, SERVICE_PORT);
});
afterEach(() => traced.end());
afterAll(async () => {
  service?.closeAllConnections();
  service?.close();
  await traced?.remove();
  network?.remove();
});

const kept = new http.Agent({ keepAlive: true, maxSockets: 4 });
const request = (agent: http.Agent | false) => () =>
  ask({ host: VM.v4, port: SERVICE_PORT, path: '/bytes/200', agent });

describe('a host agent and a server', () => {
  it('count every request of kept and of single connections, and drop none', async () => {
    await traced.server();
    const agent = traced.agent();
    await agent.said('connected:');
    await askMany(200, 4, request(kept));
    await askMany(200, 4, request(false));
    await until(traced.summary.bind(traced), ({ exchanges }) => exchanges.host === 400);
    // What the agent still had it hands over on its way out: it had nothing, and nothing twice.
    expect(await agent.end()).toBe(0);
    const summary = await traced.summary();
    const { drops, counters } = await traced.health();
    expect(summary.exchanges).toMatchObject({ host: 400, guest: 0, joined: 0 });
    expect(Object.keys(drops)).toEqual(
      expect.arrayContaining(['host.ring.full', 'host.flow.full', 'host.uplink.buffer']),
    );
    expect(Object.entries({ ...drops, ...summary.drops }).filter(([, lost]) => lost !== 0)).toEqual([]);
    expect(counters).toMatchObject({
      'host.begun': 400,
      'host.emitted': 400,
      'host.flow.foreign': 0,
      'host.reconnects': 0,
      'frames.duplicate': 0,
      'frames.missing': 0,
    });
  });

  it('name the probe of every station, the devices and the cost', async () => {
    await traced.server();
    const agent = traced.agent();
    await agent.said('connected:');
    const seen = await until(
      async () => {
        await askMany(5, 1, request(kept));
        return traced.health();
      },
      ({ selfCost, agents }) => selfCost.hostNsPerRequest !== null && (agents[0]?.rssBytes ?? 0) > 0,
    );
    const [view] = seen.agents;
    expect(view).toMatchObject({ role: 'host', connected: true });
    expect(view?.stations.map(({ station, probe, reason }) => [station, probe, reason])).toEqual([
      ['nic.rx', 'xdp', ''],
      ['port.rx', 'tc ingress', ''],
      ['tap.tx', 'tc egress', ''],
      ['tap.rx', 'tc ingress', ''],
      ['port.tx', 'tc egress', ''],
      ['nic.tx', 'tp_btf/net_dev_start_xmit', ''],
    ]);
    expect(view?.provenance).toMatchObject({ nic: 'nic0', driver: 'veth' });
    expect(seen.selfCost.hostNsPerRequest).toBeGreaterThan(0);
    for (const station of view?.stations ?? []) expect(agent.stderr).toContain(`station ${station.station}:`);
  });

  it('leave nothing attached behind, even when the agent is killed', async () => {
    await traced.server();
    const agent = traced.agent();
    await agent.said('connected:');
    const own = linksOf(agent.child.pid ?? 0);
    expect(own.map(({ type }) => type).sort()).toEqual(['raw_tracepoint', 'tcx', 'tcx', 'tcx', 'tcx', 'xdp']);
    await agent.end('SIGKILL');
    await until(attachedLinks, (ids) => !own.some(({ id }) => ids.includes(id)));
  });
});

/** BPF links that a process holds, from its fdinfo. */
function linksOf(pid: number): { type: string; id: number }[] {
  return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const id = /^link_id:\s*(\d+)/m.exec(text)?.[1];
    return id ? [{ type: /^link_type:\s*(\S+)/m.exec(text)?.[1] ?? '', id: Number(id) }] : [];
  });
}

/** All BPF links of the machine: an outside look. */
function attachedLinks(): number[] {
  const links = JSON.parse(execFileSync('bpftool', ['-j', 'link', 'show'], { encoding: 'utf8' })) as { id: number }[];
  return links.map(({ id }) => id);
}
