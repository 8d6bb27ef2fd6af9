/** What measuring costs: our own BPF programs per request and our agents' CPU, over the current run. */
import type { Agent } from './agents.ts';
import type { Vantage } from './wire/stations.ts';
import type { Summary } from './wire/views.ts';

/** Sampled BPF time over sampled records: null where the kernel's run statistics were never on. */
function nsPerRequest(agents: readonly Agent[], role: Vantage): number | null {
  let ns = 0;
  let records = 0;
  for (const agent of agents) {
    if (agent.hello.role !== role || agent.stats === null) continue;
    ns += agent.stats.bpfNs - (agent.runStats?.bpfNs ?? 0);
    records += agent.stats.bpfRecords - (agent.runStats?.bpfRecords ?? 0);
  }
  return records > 0 && ns > 0 ? ns / records : null;
}

/** Cores used by all agents together, averaged over what they reported of the run. */
function agentCpu(agents: readonly Agent[]): number | null {
  const shares = agents.flatMap((agent) => {
    const elapsedUs = (agent.statsMs - agent.runStatsMs) * 1000;
    if (agent.stats === null || agent.runStats === null || elapsedUs <= 0) return [];
    return [Math.max(0, agent.stats.cpuUs - agent.runStats.cpuUs) / elapsedUs];
  });
  return shares.length === 0 ? null : shares.reduce((a, b) => a + b, 0);
}

export function selfCost(agents: readonly Agent[]): Summary['selfCost'] {
  return {
    guestNsPerRequest: nsPerRequest(agents, 'guest'),
    hostNsPerRequest: nsPerRequest(agents, 'host'),
    agentCpu: agentCpu(agents),
  };
}
