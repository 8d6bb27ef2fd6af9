import { describe, expect, it } from 'vitest';
import { cpuTable } from '../../lab/plant-cpu.ts';
import { cpuVerdict, type HostReading } from '../../lab/plant-cpu-verdict.ts';

const vm = (ran: number, waited: number) => ({ ran, waited, steal: 0, p50: 1e6, p99: 5e6 });
const CALM: HostReading = { others: 0.3, pressure: 0.1, vms: { vm0: vm(0.2, 0.05), vm1: vm(0.2, 0.05) } };

describe('who takes the CPU', () => {
  it('is the VM whose vCPUs ran more, and those beside it that waited more suffer', () => {
    const hogged: HostReading = { others: 0.35, pressure: 0.6, vms: { vm0: vm(0.18, 0.4), vm1: vm(0.9, 0.3) } };
    expect(cpuVerdict(CALM, hogged)).toEqual({ takes: 'vm1', suffers: ['vm0'] });
  });

  it('is the host where what is no VM ran more, and all VMs may suffer, the worst first', () => {
    const hogged: HostReading = { others: 1.5, pressure: 0.9, vms: { vm0: vm(0.2, 0.4), vm1: vm(0.25, 0.5) } };
    expect(cpuVerdict(CALM, hogged)).toEqual({ takes: 'host', suffers: ['vm1', 'vm0'] });
  });

  it('is nobody where nothing moved by more than noise', () => {
    expect(cpuVerdict(CALM, CALM)).toEqual({ takes: null, suffers: [] });
  });

  it('shows every VM and the rest of the host, without and with', () => {
    const lines = cpuTable(CALM, { ...CALM, others: 1.5 });
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^vm0 +20\.0 % → 20\.0 % +5\.0 % → 5\.0 %.*1\.00 ms → 1\.00 ms +5\.00 ms → 5\.00 ms$/);
    expect(lines[3]).toMatch(/^all else on the host +30\.0 % → 150\.0 %/);
  });
});
