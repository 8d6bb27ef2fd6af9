import { describe, expect, it } from 'vitest';
import type { LiveSnapshot } from '../../server/wire/live-views.ts';
import type { VmSummary } from '../../server/wire/machine-views.ts';
import type { Health, LoadSummary, SeriesView, Summary } from '../../server/wire/views.ts';
import { END_NS, stats } from './exchanges.ts';
import { attach, getJson, Peer, post, read, start } from './running-server.ts';
import { twoVms } from './two-vms.ts';

const SLOWER_NS = 5_000_000;

function load(sent: number, p99: number): LoadSummary {
  return {
    ...{ rate: 100, durationS: 2, connections: 8, path: '/', sent, answered: sent, errors: 0 },
    ...{ p50: 1e6, p90: 2e6, p99, p999: null },
    ...{ fromSend: { p50: 1e6, p99: 2e6 }, lateness: { p50: 1, p99: 2, max: p99 / 1000 } },
  };
}

describe('a run of two VMs', () => {
  it('keeps what each did apart, and adds up to the whole', async () => {
    const { server, send } = await twoVms();
    await send(0, 30);
    await send(1, 20, SLOWER_NS);
    const summary = await getJson<Summary>(server, '/api/runs/current/summary');
    const { vm0, vm1 } = summary.byVm as { vm0: VmSummary; vm1: VmSummary };
    expect(Object.keys(summary.byVm).sort()).toEqual(['vm0', 'vm1']);
    expect([vm0.exchanges, vm1.exchanges]).toMatchObject([
      { joined: 30, complete: 30 },
      { joined: 20, complete: 20 },
    ]);
    expect(summary.exchanges).toMatchObject({ joined: 50, complete: 50 });
    expect(vm1.endToEnd.p50! - vm0.endToEnd.p50!).toBeGreaterThan(0.9 * SLOWER_NS);
    expect(vm0.endToEnd.p99).toBeLessThan(1.1 * END_NS);
    const service = (vm: VmSummary) => vm.layers.find(({ layer }) => layer === 'service')?.p50 as number;
    expect(service(vm1) - service(vm0)).toBeGreaterThan(0.9 * SLOWER_NS);
    expect([vm0, vm1].map(({ provenance }) => provenance.guest?.nicModel)).toEqual(['virtio-net-pci', 'e1000']);
    expect(await getJson(server, '/api/runs/current/summary?vm=vm1')).toEqual(vm1);
  });

  it('says which VMs there are when it is asked for another', async () => {
    const { server, send } = await twoVms();
    await send(0, 1);
    const answer = await fetch(`${server.url}/api/runs/current/summary?vm=vm7`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('named vm7; it has: vm0')]);
  });

  it('takes the report of a generator for each VM, and adds up what can be added', async () => {
    const { server, send } = await twoVms();
    await send(0, 5);
    await post(server, '/api/runs/current/load?vm=vm0', load(200, 3e6), 'PUT');
    // Nothing of vm1 was joined: that its requests are missing is then to be seen.
    const answer = await post(server, '/api/runs/current/load?vm=vm1', load(100, 4e6), 'PUT');
    const summary = (await answer.json()) as Summary;
    expect(summary.load).toMatchObject({ rate: 200, sent: 300, answered: 300, p99: null, lateness: { max: 4000 } });
    expect(summary.exchanges).toMatchObject({ sent: 300, answered: 300, joined: 5 });
    expect(summary.byVm.vm0).toMatchObject({ load: { p99: 3e6 }, exchanges: { sent: 200, joined: 5 } });
    expect(summary.byVm.vm1).toMatchObject({
      load: { p99: 4e6 },
      exchanges: { answered: 100, joined: 0, complete: 0 },
    });
  });

  it('is told of VM by VM, and as a whole, in the live stream and the series', async () => {
    const { server, send } = await twoVms();
    await send(0, 30);
    await send(1, 20, SLOWER_NS);
    const live = await new Peer(`ws://${server.host}/live`).opened();
    const { seconds, recent, allVms } = await live.next<LiveSnapshot>();
    const counted = (rows: { vm: string; count: number }[], name: string) =>
      rows.filter(({ vm }) => vm === name).reduce((sum, { count }) => sum + count, 0);
    expect([counted(seconds, 'vm0'), counted(seconds, 'vm1'), counted(allVms.seconds, '*')]).toEqual([30, 20, 50]);
    expect([counted(recent, 'vm0'), counted(recent, 'vm1'), counted(allVms.recent, '*')]).toEqual([30, 20, 50]);
    const series = (query: string) => getJson<SeriesView>(server, `/api/runs/current/series${query}`);
    expect(counted((await series('?vm=vm1')).rows, 'vm1')).toBe(20);
    expect((await series('?vm=*')).rows).toEqual(allVms.seconds);
    expect((await series('')).rows).toEqual(seconds);
  });

  it('is told of VM by VM once it is over, too', async () => {
    const { server, send } = await twoVms();
    await send(1, 4);
    await post(server, '/api/runs/current/load?vm=vm1', load(4, 1e6), 'PUT');
    await post(server, '/api/runs', { name: 'after' });
    const [, before] = await getJson<{ id: string }[]>(server, '/api/runs');
    const told = await getJson<VmSummary>(server, `/api/runs/${before!.id}/summary?vm=vm1`);
    expect(told).toMatchObject({ exchanges: { sent: 4, joined: 4 }, provenance: { guest: { driver: 'e1000' } } });
  });
});

describe('the VMs of a host, as health tells of them', () => {
  it('have what their host and their guest say of each, before the first request too', async () => {
    const { server, host, guests } = await twoVms();
    const cpu = { cpuBusy: 1.75, vcpuTime: { vm0: 0.25, vm1: 0.75 }, vcpuDelay: { vm0: 0.5, vm1: 0.125 } };
    host.send(stats({ ...cpu, cpuPressure: 0.5 }));
    guests[1].send(stats({ steal: 0.1, cpuPressure: 0.3 }));
    await Promise.all([host, ...guests].map(read));
    const { vms, agents } = await getJson<Health>(server, '/api/health');
    expect(vms).toMatchObject([
      { name: 'vm0', hostAgent: 'host-agent', guestAgent: 'guest-0', vcpuTime: 0.25, vcpuDelay: 0.5, steal: null },
      { name: 'vm1', hostAgent: 'host-agent', guestAgent: 'guest-1', vcpuTime: 0.75, steal: 0.1, cpuPressure: 0.3 },
    ]);
    expect(vms[1]).toMatchObject({
      nics: [{ model: 'e1000', approach: 'full', tap: 'vnet1', bridge: 'br0' }],
      ...{ vcpus: 1, accelerator: 'tcg', approach: 'full', service: 'nginx/1.22.1', boundNs: null },
    });
    expect(agents[0]).toMatchObject({ role: 'host', cpuBusy: 1.75, cpuPressure: 0.5 });
  });

  it('have a clock each once they have answered', async () => {
    const { server, send } = await twoVms();
    await send(1, 50);
    const { vms } = await getJson<Health>(server, '/api/health');
    expect(vms.map(({ boundNs }) => boundNs !== null)).toEqual([false, true]);
  });

  it('are there although no host tells of them, or no guest', async () => {
    const server = await start();
    await attach(server, 'guest');
    const alone = await getJson<Health>(server, '/api/health');
    expect(alone.vms).toMatchObject([{ name: 'web1', hostAgent: null, guestAgent: 'guest-agent', vcpuTime: null }]);
    const { server: other, guests } = await twoVms();
    await guests[0].close();
    await expect
      .poll(async () => (await getJson<Health>(other, '/api/health')).vms)
      .toMatchObject([{ name: 'vm0', guestAgent: null, nics: [{ model: 'virtio-net-pci' }] }, { name: 'vm1' }]);
  });
});
