/** What is kept of a stretch of time that an objective is asked about: requests, minutes, readings, and what happened beside. */

import type { Agent } from './agents.ts';
import { RequestError } from './api-error.ts';
import { vnicRoundTrip } from './join/layers.ts';
import { LAYER_COUNT, type PathColumns } from './join/paths.ts';
import type { KeptRuns } from './kept-runs.ts';
import type { Pipeline } from './pipeline.ts';
import { type Counts, judgeOf } from './slo/indicator.ts';
import { MINUTE_MS } from './slo/minute-counts.ts';
import type { Minutes, Objective } from './slo/objective.ts';
import { promiseOf } from './slo/promise.ts';
import { nameFits, SeenRow } from './slo/selector.ts';
import { isMaintained } from './slo/unit-line.ts';
import type { SloEngine } from './slo-engine.ts';
import type { StoredPaths } from './store/store.ts';
import { programOn } from './vm-minutes.ts';
import type { EpisodeData, EpisodeMark, EpisodeRow, GaugeLane } from './wire/episode-views.ts';
import { PARTS } from './wire/episode-views.ts';
import { CLASSES, HEAD_BYTES, headText } from './wire/record.ts';
import type { SloStretch } from './wire/slo-views.ts';
import { LAYER_IDS, type LayerId } from './wire/stations.ts';

/** Looked at in each stretch; kept of them; and of the slowest. */
const SAMPLE = 4_000;
const KEPT = 1_000;
const SLOWEST = 5;
/** What a breach is compared with: at most so long before it. */
const BASELINE_MS = 3_600_000;
const MOST_MARKS = 50;
const KEPT_BY_AGENTS_MS = 3_600_000;
/** Of lanes: a longer time has several minutes in one. */
const MOST_READINGS = 1_440;
/** Of a host those that took most. */
const MOST_PROGRAMS = 5;

export interface DossierParts {
  pipeline: Pipeline;
  kept: KeptRuns;
  engine: SloEngine;
}

/** @throws RequestError where there is no such objective */
export async function dossierOf(parts: DossierParts, id: string, asked: SloStretch): Promise<EpisodeData> {
  const found = parts.engine.find(id);
  if (found === undefined) {
    const there = parts.engine.objectives.map((objective) => objective.id).join(', ') || 'none';
    throw new RequestError('not-found', `there is no objective ${id}; there are: ${there}`);
  }
  const { objective, lines } = found;
  const during = await requestsIn(parts, objective, asked, 'random');
  const window = { fromMs: onsetOf(during, asked), toMs: asked.toMs };
  const baseline = { fromMs: window.fromMs - BASELINE_MS, toMs: window.fromMs };
  const before = await requestsIn(parts, objective, baseline, 'random');
  const bad = during.rows.filter(({ good, atMs }) => !good && atMs >= window.fromMs);
  const slowest = await requestsIn(parts, objective, window, 'slowest');
  const minutes: Minutes = { from: Math.floor(baseline.fromMs / MINUTE_MS), to: Math.ceil(window.toMs / MINUTE_MS) };
  const { threshold } = objective.indicator;
  const composite = parts.engine.compositeOf(objective, window);
  return {
    ...{ objective: id, service: objective.service, promise: promiseOf(objective), target: objective.target },
    ...{ window, baseline, isAboutTime: threshold !== undefined },
    minutes: [...lines.source.minutes(minutes.from, minutes.to)].map(({ minute, counts }) => [minute, ...counts]),
    notMeasured: unmeasuredIn(lines, window),
    bad: thinned(bad),
    usual: thinned(before.rows.filter(fairness(parts, objective))),
    slowest: slowest.rows.slice(0, SLOWEST),
    ...lanesOf(parts, objective, bad, minutes),
    marks: await marksOf(parts, { fromMs: baseline.fromMs, toMs: window.toMs }),
    lost: [...parts.engine.lost.minutes(minutes.from, minutes.to)].map(({ minute, counts }) => [minute, counts[0]!]),
    isSampled: during.isSampled || before.isSampled,
    ...(composite !== null && { composite }),
  };
}

interface Found {
  /** In order of time, of those that the objective judges; without an order, of a sample. */
  rows: EpisodeRow[];
  isSampled: boolean;
}

async function requestsIn(
  { pipeline, kept }: DossierParts,
  { indicator }: Objective,
  within: SloStretch,
  order: 'random' | 'slowest',
): Promise<Found> {
  const judge = judgeOf(indicator);
  const found: Found = { rows: [], isSampled: false };
  for (const run of await runsIn(kept, within)) {
    const ask = { run: run.id, order, at: 1, limit: order === 'random' ? SAMPLE : 10 * SLOWEST } as const;
    const stored = await pipeline.store.paths({ ...ask, class: CLASSES.indexOf('request'), within });
    found.isSampled ||= run.sampled;
    for (let row = 0; row < stored.columns.count; row++) {
      const vm = pipeline.vmTable.names[stored.columns.vm[row]!] ?? '';
      const verdict = judge(new SeenRow(stored.columns, row, vm));
      if (verdict === 'good' || verdict === 'bad') found.rows.push(rowOf(stored, row, vm, verdict === 'good'));
    }
  }
  if (order === 'random') found.rows.sort((a, b) => a.atMs - b.atMs);
  return found;
}

/**
 * Runs that may have requests of a stretch: agents keep what they see while there is no server, and give it to the run
 * that the next one begins. What was brought in from elsewhere is of another time.
 */
async function runsIn(kept: KeptRuns, { fromMs, toMs }: SloStretch): Promise<{ id: string; sampled: boolean }[]> {
  const { runs } = await kept.page({ limit: 1_000 });
  const there = runs.filter(
    ({ recordedMs, startedMs, endedMs }) =>
      recordedMs === null && startedMs < toMs + KEPT_BY_AGENTS_MS && (endedMs ?? Number.POSITIVE_INFINITY) > fromMs,
  );
  return there.map(({ id, sampled }) => ({ id, sampled: sampled !== undefined }));
}

/** As many as are kept, evenly over the time. */
function thinned(rows: readonly EpisodeRow[]): EpisodeRow[] {
  const step = Math.max(1, rows.length / KEPT);
  return rows.filter((_, i) => Math.floor(i / step) > Math.floor((i - 1) / step));
}

/** Asked by the minute, a breach begins with its first bad request. */
function onsetOf({ rows }: Found, { fromMs }: SloStretch): number {
  const first = rows.find(({ good }) => !good);
  return first !== undefined && first.atMs < fromMs + MINUTE_MS ? Math.max(fromMs, Math.floor(first.atMs)) : fromMs;
}

/** What is compared with is neither in maintenance nor in a breach of its own. */
function fairness({ engine, pipeline }: DossierParts, { id, maintenance }: Objective): (row: EpisodeRow) => boolean {
  const breaches = engine.episodes(pipeline.now()).filter(({ objective }) => objective === id);
  const overlaps = (atMs: number, edgeMs: number) =>
    breaches.some(({ fromMs, toMs }) => atMs >= fromMs + edgeMs && atMs < toMs - edgeMs);
  // The first and the last minute of a breach are not all of it: what was good in them is fair.
  return ({ good, atMs }) =>
    !overlaps(atMs, good ? MINUTE_MS : 0) && !isMaintained(Math.floor(atMs / MINUTE_MS), maintenance);
}

function rowOf({ columns, ids }: StoredPaths, row: number, vm: string, good: boolean): EpisodeRow {
  const { heads, headLength } = columns;
  const { method, path } = headText(heads, row * HEAD_BYTES, headLength[row]!);
  return {
    ...{ id: ids[row]!, atMs: columns.atMs[row]!, good, status: columns.status[row]!, vm },
    request: `${method} ${path.split('?', 1)[0]}`.trim(),
    endToEndNs: known(columns.endToEnd[row]!),
    parts: partsOf(columns, row).map(known),
    upstreamNs: known(columns.upstream[row]!),
    runDelayNs: known(columns.runDelay[row]!),
    retransmits: columns.retransmitsIn[row]! + columns.retransmitsOut[row]!,
    boundNs: known(columns.bound[row]!),
  };
}

function partsOf(columns: PathColumns, row: number): number[] {
  return PARTS.map((part) => {
    if (part !== 'vnic') return columns.layers[row * LAYER_COUNT + LAYER_IDS.indexOf(part as LayerId)]!;
    const ns = vnicRoundTrip(columns, row);
    return ns < 0 ? Number.NaN : ns;
  });
}

function known(ns: number): number | null {
  return Number.isNaN(ns) ? null : ns;
}

function unmeasuredIn(
  { source, present }: { source: { known: Known }; present: readonly { known: Known }[] },
  window: SloStretch,
): number[] {
  const missing: number[] = [];
  for (let minute = Math.floor(window.fromMs / MINUTE_MS); minute < Math.floor(window.toMs / MINUTE_MS); minute++) {
    if (![source, ...present].some((line) => line.known(minute, minute + 1) > 0)) missing.push(minute);
  }
  return missing;
}
type Known = (from: number, to: number) => number;

/** Readings of the VMs that had the bad requests, and of those and the programs beside them. */
function lanesOf(
  { engine, pipeline }: DossierParts,
  { indicator }: Objective,
  bad: readonly EpisodeRow[],
  { from, to }: Minutes,
): Pick<EpisodeData, 'lanes' | 'neighbours'> {
  const own = new Set(bad.map(({ vm }) => vm));
  const isOwn = (vm: string) => (own.size > 0 ? own.has(vm) : nameFits(indicator.total.vm, vm));
  const all = engine.vmLines().flatMap(({ kind, vm, line }): GaugeLane[] => {
    if (kind === 'present') return [];
    const minutes = mergedMinutes(line.minutes(from, to), Math.ceil((to - from) / MOST_READINGS));
    return minutes.length === 0 ? [] : [{ gauge: kind, vm, minutes }];
  });
  const ofVms = all.filter(({ gauge }) => gauge !== 'program.time');
  const beside = ofVms.filter(({ vm, gauge }) => !isOwn(vm) && gauge === 'vcpu.time');
  const hosts = hostsOf(pipeline, isOwn).map((host) => programOn('', host));
  const programs = all
    .filter(({ vm, gauge }) => gauge === 'program.time' && hosts.some((host) => vm.endsWith(host)))
    .sort((a, b) => secondsIn(b) - secondsIn(a));
  return { lanes: ofVms.filter(({ vm }) => isOwn(vm)), neighbours: [...beside, ...programs.slice(0, MOST_PROGRAMS)] };
}

/** Those that have such VMs now: where a VM was before, nobody remembers. */
function hostsOf({ registry, sources, vmTable }: Pipeline, isOwn: (vm: string) => boolean): Agent[] {
  return registry.all().filter((agent) => {
    const source = agent.hello.role === 'host' ? sources.of(agent) : undefined;
    return source !== undefined && vmTable.namesOf(source.index).some(({ name }) => isOwn(name));
  });
}

function secondsIn({ minutes }: GaugeLane): number {
  return minutes.reduce((sum, [, , millionths]) => sum + millionths / 1e6, 0);
}

function mergedMinutes(line: Iterable<{ minute: number; counts: Counts }>, step: number): GaugeLane['minutes'] {
  const merged: GaugeLane['minutes'] = [];
  for (const { minute, counts } of line) {
    const last = merged.at(-1);
    const first = Math.floor(minute / step) * step;
    if (last !== undefined && last[0] >= first) {
      last[1] += counts[0]!;
      last[2] += counts[1]!;
    } else merged.push([first, counts[0]!, counts[1]!]);
  }
  return merged;
}

async function marksOf({ pipeline, kept }: DossierParts, { fromMs, toMs }: SloStretch): Promise<EpisodeMark[]> {
  const { runs } = await kept.page({ limit: 1_000 });
  const began = runs.flatMap(({ name, stretches }) =>
    stretches.map((stretch) => ({ atMs: stretch.fromMs, what: `run ${name} began` })),
  );
  const clock = pipeline.clockEvents.newest.map(({ atMs, kind, machine }) => ({
    atMs,
    what: `clock of ${machine}: ${kind}`,
  }));
  const away = pipeline.registry.gaps(fromMs).map((gap) => ({ atMs: gap.fromMs, what: `${gap.agent} away` }));
  return [...began, ...clock, ...away]
    .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    .sort((a, b) => a.atMs - b.atMs)
    .slice(-MOST_MARKS);
}
