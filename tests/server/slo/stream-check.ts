/** One random stream through the counting of a server, against a recount by brute force. */
import { alertHistory, burnOf } from '../../../server/slo/alerts.ts';
import { CountLine } from '../../../server/slo/count-line.ts';
import { noCounts } from '../../../server/slo/indicator.ts';
import { Counting, type MinuteCounts, MinuteSums } from '../../../server/slo/minute-counts.ts';
import { isMeasuredIn, type Lines, resultOf } from '../../../server/slo/result.ts';
import { UnitLine } from '../../../server/slo/unit-line.ts';
import { alertsOf, allowedOf, countsBetween, spentBetween, windowMs } from './brute-force.ts';
import { columnsOf, MINUTE, type RandomStream, randomStream, VM_NAMES } from './random-stream.ts';

export interface StreamCheck {
  requests: number;
  restarts: number;
  transitions: number;
  /** What does not agree, in words. */
  wrong: string[];
}

export function checkStream(seed: number): StreamCheck {
  const stream = randomStream(seed);
  const { lines, restarts } = taken(stream);
  const wrong = wrongResults(stream, lines);
  const transitions = alertHistory(stream.objective, lines.units, (range) => isMeasuredIn(lines, range), stream)
    .map(({ atMs, rule, to }) => `${atMs} ${rule.name} ${to}`)
    .sort();
  const truth = alertsOf(stream);
  if (transitions.join() !== truth.join()) wrong.push(`seed ${seed}: alerts ${transitions} instead of ${truth}`);
  return { requests: stream.requests.length, restarts, transitions: truth.length, wrong };
}

/** As a server takes requests in; at a restart only the minutes that were kept are left. */
function taken(stream: RandomStream): { lines: Lines; restarts: number } {
  const { objective, arrivals, present } = stream;
  const counting = new Counting([objective.indicator]);
  const kept: MinuteCounts[] = [];
  let source = new CountLine();
  let units = new UnitLine(objective, source);
  let restarts = 0;
  for (const { requests, isRestart } of arrivals) {
    const sums = new MinuteSums();
    const columns = columnsOf(requests);
    counting.add(sums, columns, 0, columns.count, VM_NAMES, 1);
    for (const one of sums.take()) {
      kept.push(one);
      source.add(one.minute, one.counts);
      units.changed(one.minute);
    }
    if (!isRestart) continue;
    restarts++;
    source = new CountLine();
    for (const { minute, counts } of kept) source.add(minute, counts);
    units = new UnitLine(objective, source);
  }
  const presence = new CountLine();
  for (const minute of present)
    presence.add(
      minute,
      Float64Array.from(noCounts(), (_, i) => (i === 0 ? 60 : 0)),
    );
  return { lines: { source, units, present: [presence] }, restarts };
}

function wrongResults(stream: RandomStream, lines: Lines): string[] {
  const { objective, fromMs, toMs } = stream;
  const wrong: string[] = [];
  for (const nowMs of [fromMs + (toMs - fromMs) / 3, Math.floor(toMs / MINUTE) * MINUTE, toMs]) {
    const result = resultOf(objective, lines, [], nowMs);
    const [from, to] = windowMs(objective, nowMs);
    const spent = spentBetween(stream, from, to, false);
    const burn = spent.total > 0 ? spent.bad / spent.total / allowedOf(objective) : null;
    const truth = {
      window: [from, to],
      counts: countsBetween(stream, from, to),
      spent,
      achieved: spent.total > 0 ? (spent.total - spent.bad) / spent.total : null,
      budgetLeft: burn === null ? null : 1 - burn,
      burns: objective.rules.map(({ longMinutes }) => {
        const last = Math.ceil((nowMs - longMinutes * MINUTE) / MINUTE) * MINUTE;
        const { total, bad } = spentBetween(stream, last, Math.ceil(nowMs / MINUTE) * MINUTE, true);
        return total > 0 ? bad / total / allowedOf(objective) : null;
      }),
    };
    const told = {
      window: [result.window.fromMs, result.window.toMs],
      counts: Object.fromEntries(Object.keys(truth.counts).map((name) => [name, (result.counts as never)[name]])),
      spent: { total: result.units.total, bad: result.units.bad },
      achieved: result.achieved,
      budgetLeft: result.budgetLeft,
      burns: objective.rules.map(({ longMinutes }) => burnOf(lines.units.spentLately(longMinutes, nowMs), objective)),
    };
    const [a, b] = [JSON.stringify(told), JSON.stringify(truth)];
    if (a !== b) wrong.push(`at ${nowMs}: ${a} instead of ${b}`);
  }
  return wrong;
}
