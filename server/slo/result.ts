/** How an objective stands, from the counts of its minutes alone. */
import type { SloCounts, SloCoverage, SloExclusion, SloResult, SloStretch } from '../wire/slo-views.ts';
import { type AlertState, burnOf } from './alerts.ts';
import type { CountLine } from './count-line.ts';
import { minutesText } from './duration.ts';
import { type Counts, TALLIES, type Tally } from './indicator.ts';
import { MINUTE_MS } from './minute-counts.ts';
import { type Minutes, type Objective, windowAt } from './objective.ts';
import { promiseOf } from './promise.ts';
import { isMaintained, type UnitLine } from './unit-line.ts';

const MOST_STRETCHES = 100;
export const UNIT_NAMES = {
  Occurrences: 'requests',
  Timeslices: 'slices',
  RatioTimeslices: 'billionths of slices',
} as const;

export interface Lines {
  /** Of the objective's indicator. */
  readonly source: CountLine;
  readonly units: UnitLine;
  /** Of each VM that it is about: seconds in which both its agents were there, as `total`. */
  readonly present: readonly CountLine[];
}

/** @param minutes instead of the objective's own window */
export function resultOf(
  objective: Objective,
  lines: Lines,
  alerts: readonly AlertState[],
  nowMs: number,
  minutes?: Minutes,
): SloResult {
  const range = minutes ?? windowAt(objective, nowMs);
  const units = lines.units.spent(range);
  const burn = burnOf(units, objective);
  const { length, calendar } = objective.window;
  return {
    objective: objective.id,
    slo: objective.slo,
    service: objective.service,
    promise: promiseOf(objective),
    method: objective.method,
    target: objective.target,
    window: {
      ...stretchOf(range),
      length: minutes === undefined ? `${length.count}${length.unit}` : minutesText(minutes.to - minutes.from),
      isRolling: calendar === null && minutes === undefined,
    },
    state: burn === null ? 'no data' : burn <= 1 ? 'kept' : 'missed',
    counts: countsIn(objective, lines.source, range),
    units: { ...units, of: UNIT_NAMES[objective.method] },
    achieved: units.total > 0 ? (units.total - units.bad) / units.total : null,
    budgetLeft: burn === null ? null : 1 - burn,
    coverage: coverageOf(lines, range),
    excluded: excludedIn(objective, lines.source, range),
    alerts: alerts.map((alert) => alertView(alert, objective, lines.units, nowMs)),
  };
}

function alertView({ rule, state, sinceMs, isHeld }: AlertState, objective: Objective, units: UnitLine, nowMs: number) {
  const burnIn = (minutes: number) => {
    const spent = units.spentLately(minutes, nowMs);
    return { minutes, burn: burnOf(spent, objective), ...spent };
  };
  return {
    ...{ rule: rule.name, severity: rule.severity, state, sinceMs, held: isHeld, factor: rule.factor },
    long: burnIn(rule.longMinutes),
    short: rule.shortMinutes === null ? null : burnIn(rule.shortMinutes),
  };
}

function stretchOf({ from, to }: Minutes): SloStretch {
  return { fromMs: from * MINUTE_MS, toMs: to * MINUTE_MS };
}

function named(counts: Counts): Record<Tally, number> {
  return Object.fromEntries(TALLIES.map((name, i) => [name, counts[i]!])) as Record<Tally, number>;
}

/** Without those in maintenance. */
export function countsIn({ maintenance }: Objective, source: CountLine, range: Minutes): SloCounts {
  const sum = source.sum(range.from, range.to);
  for (const { counts } of maintained(maintenance, source, range)) {
    for (let i = 0; i < sum.length; i++) sum[i]! -= counts[i]!;
  }
  const all = named(sum);
  return { ...all, bad: all.total - all.good };
}

function* maintained(maintenance: Objective['maintenance'], source: CountLine, { from, to }: Minutes) {
  const first = Math.min(...maintenance.map(({ fromMs }) => fromMs)) / MINUTE_MS;
  const last = Math.max(...maintenance.map(({ toMs }) => toMs)) / MINUTE_MS;
  if (maintenance.length === 0) return;
  for (const one of source.minutes(Math.max(from, first), Math.min(to, last))) {
    if (isMaintained(one.minute, maintenance)) yield one;
  }
}

function excludedIn(objective: Objective, source: CountLine, range: Minutes): SloExclusion[] {
  const { indicator, maintenance } = objective;
  const { longPolls, healthChecks, multiplexed } = countsIn(objective, source, range);
  const stretches = maintenance.map((one): SloExclusion => {
    let requests = 0;
    for (const { counts } of maintained([one], source, range)) requests += named(counts).total;
    const which = `${one.why}: ${new Date(one.fromMs).toISOString()} to ${new Date(one.toMs).toISOString()}`;
    return { what: 'maintenance', which, requests };
  });
  const all: SloExclusion[] = [
    ...stretches,
    { what: 'long polls', which: [...indicator.longPolls, 'streams'].join(', '), requests: longPolls },
    { what: 'health checks', which: indicator.healthChecks.join(', '), requests: healthChecks },
    { what: 'multiplexed', which: 'one request cannot be told from another', requests: multiplexed },
  ];
  return all.filter(
    ({ what, which, requests }) => requests > 0 || what === 'maintenance' || (which !== '' && what !== 'multiplexed'),
  );
}

function coverageOf({ source, present }: Pick<Lines, 'source' | 'present'>, { from, to }: Minutes): SloCoverage {
  const measured = new Uint8Array(Math.max(0, to - from));
  for (const line of [source, ...present]) {
    for (const { minute } of line.minutes(from, to)) measured[minute - from] = 1;
  }
  const notMeasured: SloStretch[] = [];
  let known = 0;
  for (let at = 0; at < measured.length; at++) {
    if (measured[at] === 1) known++;
    else if (at > 0 && measured[at - 1] === 0) notMeasured.at(-1)!.toMs = (from + at + 1) * MINUTE_MS;
    else notMeasured.push(stretchOf({ from: from + at, to: from + at + 1 }));
  }
  return { minutes: measured.length, measured: known, notMeasured: notMeasured.slice(-MOST_STRETCHES) };
}

/** Whether every minute has a request or an agent of each side. */
export function isMeasuredIn(lines: Pick<Lines, 'source' | 'present'>, range: Minutes): boolean {
  if (lines.source.known(range.from, range.to) >= range.to - range.from) return true;
  const { measured, minutes } = coverageOf(lines, range);
  return measured >= minutes;
}
