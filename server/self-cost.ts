/** What measuring costs: our own BPF programs per request and our agents' CPU, over the stretches of a run. */
import type { Agent } from './agents.ts';
import type { Vantage } from './wire/stations.ts';
import type { Summary } from './wire/views.ts';

/** Sums that can be added over stretches. */
export interface Cost {
  /** Sampled time of our programs, and the records finished meanwhile. */
  readonly guest: { readonly ns: number; readonly records: number };
  readonly host: { readonly ns: number; readonly records: number };
  /** CPU of all agents together, and the longest time that one of them reported of. */
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

export const NO_COST: Cost = { guest: { ns: 0, records: 0 }, host: { ns: 0, records: 0 }, cpuMs: 0, elapsedMs: 0 };

function programs(agents: readonly Agent[], role: Vantage): Cost['guest'] {
  let ns = 0;
  let records = 0;
  for (const agent of agents) {
    if (agent.hello.role !== role || agent.stats === null) continue;
    ns += agent.stats.bpfNs - (agent.runStats?.bpfNs ?? 0);
    records += agent.stats.bpfRecords - (agent.runStats?.bpfRecords ?? 0);
  }
  return { ns, records };
}

/** Of the current stretch, as far as the agents have reported. */
export function costOf(agents: readonly Agent[]): Cost {
  const reports = agents.flatMap(({ stats, statsMs, runStats, runStatsMs }) => {
    const elapsedMs = statsMs - runStatsMs;
    if (stats === null || runStats === null || elapsedMs <= 0) return [];
    return [{ elapsedMs, share: Math.max(0, stats.cpuUs - runStats.cpuUs) / 1000 / elapsedMs }];
  });
  const elapsedMs = Math.max(0, ...reports.map((report) => report.elapsedMs));
  // Each agent's share is its own over its own time: one that came later is not made smaller.
  const cpuMs = reports.reduce((sum, { share }) => sum + share, 0) * elapsedMs;
  return { guest: programs(agents, 'guest'), host: programs(agents, 'host'), cpuMs, elapsedMs };
}

export function costSum(a: Cost, b: Cost): Cost {
  const both = (role: Vantage) => ({ ns: a[role].ns + b[role].ns, records: a[role].records + b[role].records });
  return { guest: both('guest'), host: both('host'), cpuMs: a.cpuMs + b.cpuMs, elapsedMs: a.elapsedMs + b.elapsedMs };
}

/** `agentCpu` in cores; null where the kernel's run statistics were never on, or nobody has reported. */
export function selfCost({ guest, host, cpuMs, elapsedMs }: Cost): Summary['selfCost'] {
  return {
    guestNsPerRequest: perRequest(guest),
    hostNsPerRequest: perRequest(host),
    agentCpu: elapsedMs > 0 ? cpuMs / elapsedMs : null,
  };
}

function perRequest({ ns, records }: Cost['guest']): number | null {
  return records > 0 && ns > 0 ? ns / records : null;
}
