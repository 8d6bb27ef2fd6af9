/** How hard it is to get a CPU right now, as the connected agents last told. */
import type { Agent } from './agents.ts';
import type { ContentionGauge } from './aggregate/contention.ts';

export function contentionGauges(agents: readonly Agent[]): ContentionGauge[] {
  return agents.flatMap(({ connected, label, hello, stats }) => {
    if (!connected || stats === null) return [];
    const ofVms = (kind: 'vcpu.delay' | 'vcpu.time', values: Record<string, number>): ContentionGauge[] =>
      Object.entries(values).map(([vm, value]) => ({ kind, agent: label, vm, value }));
    const told = [...ofVms('vcpu.delay', stats.vcpuDelay), ...ofVms('vcpu.time', stats.vcpuTime)];
    if (hello.role === 'guest') told.push({ kind: 'steal', agent: label, vm: null, value: stats.steal });
    if (stats.cpuPressure !== null) {
      told.push({ kind: 'cpu.pressure', agent: label, vm: null, value: stats.cpuPressure });
    }
    return told;
  });
}
