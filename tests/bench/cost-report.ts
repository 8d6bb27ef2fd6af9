/** From blocks to a table, and what of the targets is missed. */
import type { Block, SelfCostCheck, Statistics } from './cost-blocks.ts';
import type { HostBlock, HostCost } from './cost-host.ts';
import { type LedgerRow, ledgerHolds } from './cost-ledger.ts';
import { OBSERVERS, type ObserverName } from './cost-observers.ts';
import { blockRatio, halfWidth, median, type Random, type Ratio, sum } from './cost-statistics.ts';

const METRICS = ['nginxUs', 'openNginxUs', 'busyUs', 'perSecond', 'p50Us', 'p99Us'] as const;
type Metric = (typeof METRICS)[number];

/** A ratio against nothing, and whether nothing against nothing could have given it too. */
export interface Claim extends Ratio {
  resolvable: boolean;
}

export interface ObserverRow {
  observer: ObserverName;
  blocks: number;
  medians: Record<Metric, number>;
  againstNothing: Record<Metric, Claim>;
  bpfNs: number | null;
  bpfRuns: number | null;
  wakeUpsPerRequest: number | null;
  turnsPerSecond: number | null;
  lost: number | null;
}

export interface HostRow {
  bpfNs: number;
  bpfRuns: number;
  p50: Claim;
  p99: Claim;
}

export interface CostReport {
  accelerator: string;
  quick: boolean;
  seed: number;
  requestsPerSecondOpen: number;
  observers: ObserverRow[];
  selfCost: SelfCostCheck;
  loneMs: number[];
  ledger: LedgerRow[];
  host: HostRow;
  blocks: readonly Block[];
  statistics: readonly Statistics[];
  missed: string[];
}

const NAIVE_SHARE = 0.45;
const BPFTRACE_SHARE = 0.25;
const NGINX_RATIO = 1.05;
const RECORDS_PER_WAKE_UP = 256;
const LONE_MS = 50;
const SELF_COST_TOLERANCE = 0.1;

export function observerRows(
  blocks: readonly Block[],
  statistics: readonly Statistics[],
  lost: Partial<Record<ObserverName, number>>,
  random: Random,
): ObserverRow[] {
  const valuesOf = (observer: ObserverName, metric: Metric) =>
    blocks.filter((b) => b.observer === observer).toSorted((a, b) => a.round - b.round).map((b) => b[metric]); // biome-ignore format: a sentence
  const claimOf = (observer: ObserverName, metric: Metric) =>
    claim(valuesOf(observer, metric), valuesOf('nothing again', metric), valuesOf('nothing', metric), random);
  return OBSERVERS.filter((observer) => valuesOf(observer, 'nginxUs').length > 0).map((observer) => {
    const counted = statistics.filter((each) => each.observer === observer);
    const per = (key: 'bpfNs' | 'bpfRuns' | 'wakeUps' | 'turns', over: 'requests' | 'guestSeconds') =>
      counted.length === 0 ? null : sum(counted.map((each) => each[key])) / sum(counted.map((each) => each[over]));
    return {
      observer,
      blocks: valuesOf(observer, 'nginxUs').length,
      medians: byMetric((metric) => median(valuesOf(observer, metric))),
      againstNothing: byMetric((metric) => claimOf(observer, metric)),
      bpfNs: per('bpfNs', 'requests'),
      bpfRuns: per('bpfRuns', 'requests'),
      wakeUpsPerRequest: per('wakeUps', 'requests'),
      turnsPerSecond: per('turns', 'guestSeconds'),
      lost: lost[observer] ?? null,
    };
  });
}

export function hostRow({ blocks, bpfNs, bpfRuns, requests }: HostCost, random: Random): HostRow {
  const valuesOf = (state: HostBlock['state'], metric: 'p50Us' | 'p99Us') =>
    blocks.filter((b) => b.state === state).toSorted((a, b) => a.round - b.round).map((b) => b[metric]); // biome-ignore format: a sentence
  const of = (metric: 'p50Us' | 'p99Us') =>
    claim(valuesOf('on', metric), valuesOf('off again', metric), valuesOf('off', metric), random);
  return { bpfNs: bpfNs / requests, bpfRuns: bpfRuns / requests, p50: of('p50Us'), p99: of('p99Us') };
}

function claim(values: number[], again: number[], base: number[], random: Random): Claim {
  const noise = halfWidth(blockRatio(again, base, random));
  const ratio = blockRatio(values, base, random);
  return { ...ratio, resolvable: Math.abs(ratio.ratio - 1) > noise };
}

function byMetric<T>(value: (metric: Metric) => T): Record<Metric, T> {
  return Object.fromEntries(METRICS.map((metric) => [metric, value(metric)])) as Record<Metric, T>;
}

/** One sentence for each target that does not hold. */
export function missedTargets(report: Omit<CostReport, 'missed'>): string[] {
  const row = (name: ObserverName) => report.observers.find(({ observer }) => observer === name);
  const missed: string[] = [];
  const want = (holds: boolean, otherwise: string) => {
    if (!holds) missed.push(otherwise);
  };
  const ours = row('hopscope')!;
  for (const [name, limit] of [
    ['naive', NAIVE_SHARE],
    ['bpftrace', BPFTRACE_SHARE],
  ] as const) {
    // biome-ignore format: a pair each
    const share = ours.bpfNs! / (row(name)?.bpfNs ?? Number.NaN);
    want(share <= limit, `BPF time a request is ${share.toFixed(3)} of ${name}'s, wanted ≤ ${limit}`);
  }
  const nginx = ours.againstNothing.nginxUs;
  want(nginx.ratio <= NGINX_RATIO, `Nginx's CPU a request is ${range(nginx)} of that without, wanted ≤ ${NGINX_RATIO}`);
  const noise = halfWidth(row('nothing again')!.againstNothing.nginxUs);
  want(
    noise <= NGINX_RATIO - 1,
    `nothing against nothing is ±${noise.toFixed(3)}: Nginx's ≤ ${NGINX_RATIO} is not resolvable`,
  );
  const counted = report.statistics.filter(({ observer }) => observer === 'hopscope');
  const [wakeUps, records] = [sum(counted.map((c) => c.wakeUps)), sum(counted.map((c) => c.requests))];
  const most = Math.ceil(records / RECORDS_PER_WAKE_UP);
  want(wakeUps <= most, `${wakeUps} wake-ups for ${records} records, wanted ≤ ${most}`);
  const latest = Math.max(...report.loneMs);
  want(latest <= LONE_MS, `a lone record took ${latest.toFixed(1)} ms to user space, wanted ≤ ${LONE_MS}`);
  for (const each of report.ledger) {
    const sentence = `generated ${each.generated}, delivered ${each.delivered}, counted ${each.dropped + each.missed}, shown ${each.shown}`;
    want(ledgerHolds(each, each.what.includes('killed')), `${each.what}: ${sentence}`);
  }
  const { shownNs, measuredNs } = report.selfCost;
  const off = shownNs === null ? Number.NaN : Math.abs(shownNs / measuredNs - 1);
  want(off <= SELF_COST_TOLERANCE, `the page says ${shownNs} ns of BPF a request, the kernel ${measuredNs.toFixed(0)}`);
  return missed;
}

export function range({ ratio, low, high }: Ratio): string {
  return `${ratio.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
