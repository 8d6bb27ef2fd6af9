/**
 * Objectives: budgets, burn rates and alerts against a recount by brute force
 * on 10,000 random streams, and four weeks of many objectives judged minute by minute.
 */
import { seededRandom } from '../../server/compare/random.ts';
import { alertHistory } from '../../server/slo/alerts.ts';
import { CountLine } from '../../server/slo/count-line.ts';
import { noCounts, TALLIES } from '../../server/slo/indicator.ts';
import type { Objective } from '../../server/slo/objective.ts';
import { presetRules } from '../../server/slo/presets.ts';
import { resultOf } from '../../server/slo/result.ts';
import { UnitLine } from '../../server/slo/unit-line.ts';
import { checkStream } from '../server/slo/stream-check.ts';

const STREAMS = Number(process.argv[2] ?? 10_000);
const MINUTE_MS = 60_000;
const DAYS = 28;
const MINUTES = DAYS * 24 * 60;
const OBJECTIVES = 20;
const LIMIT_S = 60;

function recount(): boolean {
  const sums = { requests: 0, restarts: 0, transitions: 0, wrong: 0 };
  const startMs = performance.now();
  for (let seed = 1; seed <= STREAMS; seed++) {
    const { requests, restarts, transitions, wrong } = checkStream(seed);
    sums.requests += requests;
    sums.restarts += restarts;
    sums.transitions += transitions;
    sums.wrong += wrong.length;
    if (sums.wrong <= 3) for (const text of wrong) console.error(text);
  }
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `slo: ${STREAMS} random streams, ${sums.requests} requests, ${sums.restarts} restarts, ` +
      `${sums.transitions} alert transitions in ${seconds.toFixed(1)} s: ${sums.wrong} differ from the recount (want 0)`,
  );
  return sums.wrong === 0;
}

/** A month of a service that is bad now and then, judged by each preset, in requests and in slices. */
function objectives(): Objective[] {
  return Array.from({ length: OBJECTIVES }, (_, i) => {
    const preset = (['google', 'sloth', 'pyrra'] as const)[i % 3]!;
    return {
      ...{ id: `o${i}`, slo: `o${i}`, title: `o${i}`, service: 's', target: 0.999, maintenance: [] },
      indicator: { total: {}, longPolls: [], healthChecks: [] },
      method: i % 2 === 0 ? 'Occurrences' : 'Timeslices',
      slice: i % 2 === 0 ? null : { minutes: 1, target: 0.99 },
      window: { length: { count: DAYS, unit: 'd' }, calendar: null },
      rules: presetRules(preset, MINUTES),
    };
  });
}

function fourWeeks(): boolean {
  const random = seededRandom(6);
  const first = Date.UTC(2026, 1, 1) / MINUTE_MS;
  const source = new CountLine();
  for (let minute = first; minute < first + MINUTES; minute++) {
    const counts = noCounts();
    const isBad = Math.floor((minute - first) / 20) % 97 === 13;
    counts[TALLIES.indexOf('total')] = 12_000;
    counts[TALLIES.indexOf('good')] = 12_000 - Math.floor(random() * (isBad ? 2_000 : 8));
    source.add(minute, counts);
  }
  const [fromMs, toMs] = [first * MINUTE_MS, (first + MINUTES) * MINUTE_MS];
  const startMs = performance.now();
  let transitions = 0;
  for (const objective of objectives()) {
    const units = new UnitLine(objective, source);
    transitions += alertHistory(objective, units, () => true, { fromMs, toMs }).length;
    resultOf(objective, { source, units, present: [] }, [], toMs);
  }
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `slo: ${DAYS} days of ${OBJECTIVES} objectives, judged every minute by all their rules, in ${seconds.toFixed(1)} s ` +
      `(want at most ${LIMIT_S} s); ${transitions} transitions`,
  );
  return seconds <= LIMIT_S && transitions > 0;
}

const passed = [recount(), fourWeeks()];
if (passed.includes(false)) process.exitCode = 1;
