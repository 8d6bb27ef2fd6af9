/**
 * `/metrics`. Layer histograms are those of the current run: a new run is a
 * counter reset, which Prometheus knows. Everything else counts since start.
 */
import type { ExponentialHistogram } from './aggregate/histogram.ts';
import { type HistogramSample, type Labels, MetricsText, type Sample } from './metrics-text.ts';
import type { Pipeline } from './pipeline.ts';
import { selfCost } from './self-cost.ts';
import { VERSION } from './version.ts';
import { LAYER_IDS, LAYERS } from './wire/stations.ts';

/** Classic buckets at the powers of two from 1.024 µs to 17.2 s: edges that the exponential histogram has too, so exact. */
const EDGE_POWERS = Array.from({ length: 25 }, (_, i) => i + 10);
const EDGES_S = EDGE_POWERS.map((power) => 2 ** power / 1e9);

const PLACE_OF = new Map<string, string>([['client', 'client'], ...LAYERS.map((l) => [l.layer, l.place] as const)]);

/** Cumulative counts at {@link EDGES_S} of a histogram of nanoseconds. */
export function classicBuckets(histogram: ExponentialHistogram, labels: Labels): HistogramSample {
  const { scale, offset, counts, zeroCount, sum } = histogram.toBuckets();
  let at = 0;
  let total = zeroCount;
  const cumulative = EDGE_POWERS.map((power) => {
    // Bucket k ends at 2^((offset + k + 1) / 2^scale), itself included.
    const end = Math.min(counts.length, power * 2 ** scale - offset);
    for (; at < end; at++) total += counts[at] as number;
    return total;
  });
  return { labels, bounds: EDGES_S, cumulative, sum: sum / 1e9, count: histogram.count };
}

function named(values: Record<string, number>, label: string): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** @param counters things that happened and are no losses, by name */
export function metricsText(pipeline: Pipeline, counters: Record<string, number>, liveClients: number): string {
  const text = new MetricsText();
  text.family('hopscope_build_info', 'gauge', 'Version of this server; always 1.', [
    { labels: { version: VERSION, node: process.version }, value: 1 },
  ]);
  writeDurations(text, pipeline);
  writeCounts(text, pipeline, counters);
  writeClocks(text, pipeline);
  writeCosts(text, pipeline);
  text.family('hopscope_live_clients', 'gauge', 'Open live streams.', [{ labels: {}, value: liveClients }]);
  return text.toString();
}

function writeDurations(text: MetricsText, pipeline: Pipeline): void {
  const vms = pipeline.runs.current.aggregate.totals();
  text.histogram(
    'hopscope_layer_duration_seconds',
    'Time that requests spent in each layer, current run.',
    vms.flatMap(({ vm, layers }) =>
      LAYER_IDS.flatMap((layer, i) => {
        const histogram = layers[i];
        const labels = { vm, layer, place: PLACE_OF.get(layer) ?? '' };
        return histogram === undefined || histogram.count === 0 ? [] : [classicBuckets(histogram, labels)];
      }),
    ),
  );
  text.histogram(
    'hopscope_end_to_end_duration_seconds',
    'First request byte to last response byte at the host NIC, current run.',
    vms.map(({ vm, endToEnd }) => classicBuckets(endToEnd, { vm })),
  );
  text.histogram(
    'hopscope_vnic_round_trip_duration_seconds',
    'Both crossings of the virtual NIC together, measured without any clock between the machines, current run.',
    vms.map(({ vm, vnicRoundTrip }) => classicBuckets(vnicRoundTrip, { vm })),
  );
}

function writeCounts(text: MetricsText, pipeline: Pipeline, counters: Record<string, number>): void {
  const totals = pipeline.totals();
  const { joined, complete } = pipeline.joiner.counts;
  const { host, guest } = totals;
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
    'Impossible values that were left out, and steps of a clock.',
    named({ negative: totals.negative, clock_step: totals.clockSteps }, 'kind'),
  );
  text.family(
    'hopscope_events_total',
    'counter',
    'Refusals, repeats, retention: seen and no loss.',
    named(counters, 'event'),
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
  const cost = selfCost(agents);
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
