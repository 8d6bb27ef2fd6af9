/**
 * `/metrics`. Layer histograms, classes and what TCP did are those of the current
 * run: a new run is a counter reset, which Prometheus knows. Everything else
 * counts since start.
 */
import type { ContentionGauge } from './aggregate/contention.ts';
import type { VmTotals } from './aggregate/run-aggregate.ts';
import { contentionGauges } from './contention-gauges.ts';
import { writeDurations } from './metrics-durations.ts';
import { MetricsText, type Sample } from './metrics-text.ts';
import type { Pipeline } from './pipeline.ts';
import { costOf, selfCost } from './self-cost.ts';
import { VERSION } from './version.ts';
import { CLASSES } from './wire/record.ts';

function named(values: Record<string, number>, label: string): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

export interface MetricsAround {
  /** Things that happened and are no losses, by name. */
  counters: Record<string, number>;
  liveClients: number;
  writeSlo: (text: MetricsText) => void;
}

export function metricsText(pipeline: Pipeline, { counters, liveClients, writeSlo }: MetricsAround): string {
  const text = new MetricsText();
  text.family('hopscope_build_info', 'gauge', 'Version of this server; always 1.', [
    { labels: { version: VERSION, node: process.version }, value: 1 },
  ]);
  const vms = pipeline.runs.current.aggregate.totals();
  writeDurations(text, vms);
  writeTraffic(text, vms);
  writeCounts(text, pipeline, counters);
  writeClocks(text, pipeline);
  writeCosts(text, pipeline);
  writeContention(text, pipeline);
  writeSlo(text);
  text.family('hopscope_live_clients', 'gauge', 'Open live streams.', [{ labels: {}, value: liveClients }]);
  return text.toString();
}

function writeCounts(text: MetricsText, pipeline: Pipeline, counters: Record<string, number>): void {
  const totals = pipeline.totals();
  const { host, guest, joined, complete } = pipeline.joiner.counts;
  text.family(
    'hopscope_exchanges_total',
    'counter',
    'Exchanges: records of each vantage, joined pairs, complete ones.',
    [...named({ host, guest, joined, complete }, 'kind')],
  );
  text.family('hopscope_drops_total', 'counter', 'Lost in each queue that can lose.', named(totals.drops, 'queue'));
  text.family(
    'hopscope_unmatched_total',
    'counter',
    'Records that found no partner in time.',
    named({ host: totals.unmatchedHost, guest: totals.unmatchedGuest }, 'vantage'),
  );
  text.family(
    'hopscope_faults_total',
    'counter',
    'Impossible values that were left out, steps of a clock, responses that went on after their path was made.',
    named(
      {
        negative: totals.negative,
        clock_step: totals.clockSteps,
        continued_after_join: totals.continuedAfterJoin,
      },
      'kind',
    ),
  );
  text.family(
    'hopscope_events_total',
    'counter',
    'Refusals, repeats, retention: seen and no loss.',
    named(counters, 'event'),
  );
}

function writeTraffic(text: MetricsText, vms: readonly VmTotals[]): void {
  text.family(
    'hopscope_class_exchanges_total',
    'counter',
    'Exchanges of each class, current run; only those of class request are in the histograms.',
    vms.flatMap(({ vm, classes }) =>
      CLASSES.map((name, i) => ({ labels: { vm, class: name }, value: classes[i] ?? 0 })),
    ),
  );
  text.family(
    'hopscope_tcp_retransmits_total',
    'counter',
    'Segments that the host saw again, of requests (in) and responses (out), current run.',
    vms.flatMap(({ vm, tcp }) => [
      { labels: { vm, direction: 'in' }, value: tcp.retransmitsIn },
      { labels: { vm, direction: 'out' }, value: tcp.retransmitsOut },
    ]),
  );
  text.family(
    'hopscope_tcp_zero_windows_total',
    'counter',
    'Times that either side closed its receive window, current run.',
    vms.map(({ vm, tcp }) => ({ labels: { vm }, value: tcp.zeroWindows })),
  );
  text.family(
    'hopscope_tcp_syn_retries_total',
    'counter',
    'SYNs that clients sent again, current run.',
    vms.map(({ vm, tcp }) => ({ labels: { vm }, value: tcp.synRetries })),
  );
}

function writeContention(text: MetricsText, { registry }: Pipeline): void {
  const gauges = contentionGauges(registry.all());
  const samples = (kind: ContentionGauge['kind']): Sample[] =>
    gauges
      .filter((g) => g.kind === kind)
      .map(({ agent, vm, value }) => ({ labels: vm === null ? { agent } : { agent, vm }, value }));
  text.family(
    'hopscope_guest_steal_ratio',
    'gauge',
    'Share of the last second that the CPUs of a guest were ready but not run, by its own count.',
    samples('steal'),
  );
  text.family(
    'hopscope_vcpu_delay_ratio',
    'gauge',
    'Time that the vCPU threads of a VM waited for a CPU of the host, per second; 1 is one vCPU all the time.',
    samples('vcpu.delay'),
  );
  text.family(
    'hopscope_vcpu_time_ratio',
    'gauge',
    'Time that the vCPU threads of a VM had a CPU of the host, per second; 1 is one vCPU all the time.',
    samples('vcpu.time'),
  );
  text.family(
    'hopscope_cpu_pressure_ratio',
    'gauge',
    'Share of the last second in which some task of a machine waited for a CPU.',
    samples('cpu.pressure'),
  );
}

function writeClocks(text: MetricsText, { clocks, vmTable }: Pipeline): void {
  const fitted = clocks
    .all()
    .flatMap(({ guest, fit }) => (fit === null ? [] : [{ labels: { guest: vmTable.guestName(guest) }, fit }]));
  // Two boots of one guest have one name: the newer one counts.
  const newest = [...new Map(fitted.map((f) => [f.labels.guest, f])).values()];
  text.family(
    'hopscope_clock_bound_seconds',
    'gauge',
    'Proven error of the clock between host and guest, plus or minus.',
    newest.map(({ labels, fit }) => ({ labels, value: fit.boundNs / 1e9 })),
  );
  text.family(
    'hopscope_clock_rate_ratio',
    'gauge',
    'Rate of the host clock against the guest clock, minus one.',
    newest.map(({ labels, fit }) => ({ labels, value: fit.ratePpm / 1e6 })),
  );
}

function writeCosts(text: MetricsText, { registry, delay, now }: Pipeline): void {
  const agents = registry.all();
  const cost = selfCost(costOf(agents));
  const perRequest: Sample[] = [];
  if (cost.guestNsPerRequest !== null)
    perRequest.push({ labels: { vantage: 'guest' }, value: cost.guestNsPerRequest / 1e9 });
  if (cost.hostNsPerRequest !== null)
    perRequest.push({ labels: { vantage: 'host' }, value: cost.hostNsPerRequest / 1e9 });
  text.family('hopscope_self_cost_request_seconds', 'gauge', 'Time of our own BPF programs per request.', perRequest);
  const byLabel = [...new Map(agents.map((a) => [a.label, a])).values()];
  const labels = (label: string) => ({ agent: label });
  text.family(
    'hopscope_self_cost_agent_cpu_ratio',
    'gauge',
    'CPU of each agent, in cores.',
    byLabel.flatMap((a) => (a.cpuShare === null ? [] : [{ labels: labels(a.label), value: a.cpuShare }])),
  );
  text.family(
    'hopscope_self_cost_agent_memory_bytes',
    'gauge',
    'Resident memory of each agent.',
    byLabel.map((a) => ({ labels: labels(a.label), value: a.stats?.rssBytes ?? 0 })),
  );
  text.family(
    'hopscope_agent_connected',
    'gauge',
    'Whether an agent is attached.',
    byLabel.map((a) => ({ labels: labels(a.label), value: a.connected ? 1 : 0 })),
  );
  const delayMs = delay.p99(now() - 10_000);
  text.family(
    'hopscope_live_delay_seconds',
    'gauge',
    'Response at the host NIC to the live stream, p99 of the last 10 seconds.',
    delayMs === null ? [] : [{ labels: {}, value: delayMs / 1000 }],
  );
}
