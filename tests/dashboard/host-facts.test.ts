import { describe, expect, it } from 'vitest';
import { hostFacts, readingsOf } from '../../dashboard/host-facts.ts';
import type { AgentView, VmView } from '../../server/wire/machine-views.ts';
import type { Health, LayerRow } from '../../server/wire/views.ts';

const HOST = {
  ...{
    id: 'h',
    role: 'host',
    hostname: 'hv1',
    connected: true,
    cpuPressure: 0.5,
    memoryPressure: 0.25,
    nic: null,
    processes: {},
  },
  provenance: { cpus: 2 },
} as unknown as AgentView;

function vm(name: string, vcpuTime: number | null, vcpuDelay: number | null, hostAgent: string | null = 'h'): VmView {
  return { name, hostAgent, vcpuTime, vcpuDelay, steal: 0, vcpus: 1, nics: [] } as unknown as VmView;
}

/** As the page has it after the first message: the means are the readings. */
function factsOf(cpuBusy: number | null, ...vms: VmView[]) {
  const health = { agents: [{ ...HOST, cpuBusy }], vms } as unknown as Health;
  const readings = readingsOf(health);
  const rows = [{ vm: 'vm0', count: 7 } as unknown as LayerRow];
  return hostFacts(health, rows, (name) => readings.get(name) ?? null);
}

describe('a host and its VMs', () => {
  it('has its CPUs shared out among VMs, all else, and nobody', () => {
    const [host] = factsOf(1.5, vm('vm0', 0.25, 0), vm('vm1', 0.75, 0.05));
    expect(host).toMatchObject({ cpus: 2, others: 0.5, idle: 0.5, pressure: 0.5 });
    expect(host!.vms.map(({ ran, waited, row }) => [ran, waited, row?.count])).toEqual([
      [0.25, 0, 7],
      [0.75, 0.05, undefined],
    ]);
    expect(host!.story).toEqual({ tone: 'ok', text: 'No VM waits for a CPU.', noisy: null });
  });

  it('names the VM that the others wait for', () => {
    const [host] = factsOf(2, vm('vm0', 0.2, 0.6), vm('vm1', 0.9, 0.1));
    expect(host!.story).toMatchObject({ tone: 'warn', noisy: 'vm1' });
    expect(host!.story.text).toMatch(
      /^vm1 takes the CPU: it ran 90\.0.% of one.*waited for one: vm0 60\.0.% of the time/,
    );
  });

  it('names no VM where the host itself takes the CPU', () => {
    const [host] = factsOf(2, vm('vm0', 0.3, 0.6), vm('vm1', 0.35, 0.5));
    expect(host!.story).toMatchObject({ tone: 'warn', noisy: null });
    expect(host!.story.text).toMatch(/^The host itself takes the CPU: 1\.4 of 2 go to what is no VM.*vm0 60.*vm1 50/);
  });

  it('names nobody where two alike wait for each other', () => {
    const [host] = factsOf(2, vm('vm0', 0.8, 0.3), vm('vm1', 0.8, 0.3));
    expect(host!.story).toMatchObject({ tone: 'warn', noisy: null });
    expect(host!.story.text).toContain('nobody takes it alone');
  });

  it('does not take a VM that suffers most itself for the one who does it', () => {
    const [host] = factsOf(2, vm('vm0', 0.9, 0.9), vm('vm1', 0.3, 0.2));
    expect(host!.story.noisy).toBeNull();
  });

  it('says what is not known: older agents, and guests without a host', () => {
    const [host, alone] = factsOf(null, vm('vm0', null, null), vm('lost', null, null, null));
    expect(host).toMatchObject({ others: null, idle: null, story: { tone: 'quiet', noisy: null } });
    expect(alone).toMatchObject({ agent: null, vms: [{ vm: { name: 'lost' } }], story: { tone: 'quiet' } });
  });
});
