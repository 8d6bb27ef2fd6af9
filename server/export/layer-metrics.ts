import { emptyResource } from '@opentelemetry/resources';
import type { MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import type { ContentionGauge } from '../aggregate/contention.ts';
import type { VmTotals } from '../aggregate/run-aggregate.ts';
import { CLASSES } from '../wire/record.ts';
import { DETAILS, LAYER_IDS } from '../wire/stations.ts';
import { type HistogramPoint, MetricList } from './metric-list.ts';
import { hrTime, wallNs } from './path-times.ts';

/** The run that is being measured, with its whole-run histograms. */
export interface RunTotals {
  readonly run: string;
  readonly startedMs: number;
  readonly vms: readonly VmTotals[];
  /** Now, of all machines. */
  readonly contention: readonly ContentionGauge[];
}

/** The layer that a layer is a part of, along LAYER_IDS; null for those of the sum. */
const PART_OF = LAYER_IDS.map((id) => DETAILS.find((d) => d.layer === id)?.of ?? null);
const CONTENTION = {
  steal: {
    name: 'hopscope.cpu.steal',
    description: 'Share of the last second that the CPUs of a guest were ready but not run, by its own count.',
  },
  'vcpu.delay': {
    name: 'hopscope.vcpu.delay',
    description: 'Time that the vCPU threads of a VM waited for a CPU of the host, per second.',
  },
  'vcpu.time': {
    name: 'hopscope.vcpu.time',
    description: 'Time that the vCPU threads of a VM had a CPU of the host, per second.',
  },
  'cpu.pressure': {
    name: 'hopscope.cpu.pressure',
    description: 'Share of the last second in which some task of a machine waited for a CPU.',
  },
} as const satisfies Record<ContentionGauge['kind'], { name: string; description: string }>;

const POSITIONS = 'Buckets are moved from nanoseconds by a whole number: positions are exact to half a bucket.';

/**
 * The run's own histograms, handed on as they are: the SDK records nothing a
 * second time. Cumulative since the run's start; a new run is a new series.
 * @param nowMs wall clock, ms
 */
export function layerMetricProducer(version: string, totals: () => RunTotals, nowMs: () => number): MetricProducer {
  return {
    collect: async () => {
      const metrics = runMetrics(totals(), nowMs());
      const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: 'hopscope', version }, metrics }];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

function runMetrics(totals: RunTotals, nowMs: number): MetricData[] {
  const times = { startTime: hrTime(wallNs(totals.startedMs)), endTime: hrTime(wallNs(nowMs)) };
  const made = new MetricList(times, { 'hopscope.run': totals.run });
  const inSum = (i: number) => PART_OF[i] === null;
  made.histogram('hopscope.layer.duration', `Time of a request in one layer. ${POSITIONS}`, layerPoints(totals, inSum));
  made.histogram(
    'hopscope.layer.part.duration',
    `Part of a layer of a request; the parts of a layer add up to it. ${POSITIONS}`,
    layerPoints(totals, (i) => !inSum(i)),
  );
  made.histogram(
    'hopscope.exchange.duration',
    `First request byte to last response byte at the host NIC, requests only. ${POSITIONS}`,
    totals.vms.map(({ vm, endToEnd }) => ({ attributes: { 'hopscope.vm': vm }, histogram: endToEnd })),
  );
  addTraffic(made, totals);
  for (const [kind, { name, description }] of Object.entries(CONTENTION)) {
    const told = totals.contention.filter((gauge) => gauge.kind === kind);
    made.gauge(
      name,
      description,
      told.map(({ agent, vm, value }) => ({
        attributes: { 'hopscope.agent': agent, ...(vm === null ? {} : { 'hopscope.vm': vm }) },
        value,
      })),
    );
  }
  return made.metrics;
}

function layerPoints({ vms }: RunTotals, chosen: (layer: number) => boolean): HistogramPoint[] {
  return vms.flatMap(({ vm, layers }) =>
    layers.flatMap((histogram, i) => {
      if (!chosen(i)) return [];
      const of = PART_OF[i];
      const attributes = { 'hopscope.vm': vm, 'hopscope.layer': LAYER_IDS[i] as string };
      return [{ attributes: of == null ? attributes : { ...attributes, 'hopscope.layer.of': of }, histogram }];
    }),
  );
}

function addTraffic(made: MetricList, { vms }: RunTotals): void {
  made.sum(
    'hopscope.exchanges',
    'Exchanges of each class; only those of class request are in the durations.',
    '{exchange}',
    vms.flatMap(({ vm, classes }) =>
      CLASSES.map((name, i) => ({
        attributes: { 'hopscope.vm': vm, 'hopscope.class': name },
        value: classes[i] ?? 0,
      })),
    ),
  );
  made.sum(
    'hopscope.tcp.retransmits',
    'Segments that the host saw again, of requests (in) and responses (out).',
    '{segment}',
    vms.flatMap(({ vm, tcp }) => [
      { attributes: { 'hopscope.vm': vm, 'hopscope.direction': 'in' }, value: tcp.retransmitsIn },
      { attributes: { 'hopscope.vm': vm, 'hopscope.direction': 'out' }, value: tcp.retransmitsOut },
    ]),
  );
  const perVm = (name: 'zeroWindows' | 'synRetries') =>
    vms.map(({ vm, tcp }) => ({ attributes: { 'hopscope.vm': vm }, value: tcp[name] }));
  made.sum(
    'hopscope.tcp.zero_windows',
    'Times that either side closed its receive window.',
    '{time}',
    perVm('zeroWindows'),
  );
  made.sum('hopscope.tcp.syn_retries', 'SYNs that clients sent again.', '{segment}', perVm('synRetries'));
}
