/** How hard it is to get a CPU right now, as the connected agents last told. */
import type { Agent } from './agents.ts';
import type { ContentionGauge } from './aggregate/contention.ts';

export function contentionGauges(agents: readonly Agent[]): ContentionGauge[] {
  return agents.flatMap(({ connected, label, hello, stats }) => {
    if (!connected || stats === null) return [];
    const told: ContentionGauge[] = Object.entries(stats.vcpuDelay).map(([vm, value]) => {
      return { kind: 'vcpu.delay', agent: label, vm, value };
    });
    if (hello.role === 'guest') told.push({ kind: 'steal', agent: label, vm: null, value: stats.steal });
    if (stats.cpuPressure !== null) {
      told.push({ kind: 'cpu.pressure', agent: label, vm: null, value: stats.cpuPressure });
    }
    return told;
  });
}
