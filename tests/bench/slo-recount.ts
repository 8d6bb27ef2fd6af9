/** Budgets, burn rates and alerts of random streams against a recount of their requests, and how quick four weeks are. */
import { seededRandom } from '../../server/compare/random.ts';
import { alertHistory } from '../../server/slo/alerts.ts';
import { CountLine } from '../../server/slo/count-line.ts';
import { noCounts, TALLIES } from '../../server/slo/indicator.ts';
import { resultOf } from '../../server/slo/result.ts';
import { UnitLine } from '../../server/slo/unit-line.ts';
import { presetObjective } from '../server/slo/random-weeks.ts';
import { checkStream } from '../server/slo/stream-check.ts';
import type { Row } from './slo.ts';

const MINUTE_MS = 60_000;
const DAYS = 28;
const MINUTES = DAYS * 24 * 60;
const OBJECTIVES = 20;
const LIMIT_S = 60;

export function recount(streams: number): Row {
  const sums = { requests: 0, restarts: 0, transitions: 0, wrong: 0 };
  const startMs = performance.now();
  for (let seed = 1; seed <= streams; seed++) {
    const { requests, restarts, transitions, wrong } = checkStream(seed);
    sums.requests += requests;
    sums.restarts += restarts;
    sums.transitions += transitions;
    sums.wrong += wrong.length;
    if (sums.wrong <= 3) for (const text of wrong) console.error(text);
  }
  const seconds = (performance.now() - startMs) / 1000;
  return {
    what: 'counts, budgets, burn rates and alerts that differ from a recount of the requests',
    measured: String(sums.wrong),
    want: '0',
    ok: sums.wrong === 0 && sums.transitions > 0,
    over:
      `${streams} random streams in ${seconds.toFixed(0)} s: ${sums.requests} requests, ` +
      `${sums.restarts} restarts, ${sums.transitions} transitions`,
  };
}

/** A month of a service that is bad now and then, judged by each preset, in requests and in slices. */
export function fourWeeks(): Row {
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
  for (let i = 0; i < OBJECTIVES; i++) {
    const preset = (['google', 'sloth', 'pyrra'] as const)[i % 3]!;
    const objective = presetObjective(`o${i}`, preset, 0.999, DAYS, i % 2 === 1);
    const units = new UnitLine(objective, source);
    transitions += alertHistory(objective, units, () => true, { fromMs, toMs }).length;
    resultOf(objective, { source, units, present: [] }, [], toMs);
  }
  const seconds = (performance.now() - startMs) / 1000;
  return {
    what: `${DAYS} days judged minute by minute`,
    measured: `${seconds.toFixed(1)} s`,
    want: `<= ${LIMIT_S} s`,
    ok: seconds <= LIMIT_S && transitions > 0,
    over: `${OBJECTIVES} objectives with all their rules, ${transitions} transitions`,
  };
}
