/** How soon somebody is told: a service on a clock of its own, judged as a server judges it. */
import { alertStates, stepAlert } from '../../server/slo/alerts.ts';
import { CountLine } from '../../server/slo/count-line.ts';
import { noCounts, TALLIES } from '../../server/slo/indicator.ts';
import { UnitLine } from '../../server/slo/unit-line.ts';
import { JUDGE_MS } from '../../server/slo-engine.ts';
import { presetObjective } from '../server/slo/random-weeks.ts';
import type { Row } from './slo.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 5, 1, 10);
/** From the response until its path is counted: joining waits for both vantages. */
const COUNTED_AFTER_S = 2;
const OBJECTIVE = presetObjective('a', 'google', 0.999, 30, false);
const BUDGET = 0.001;

interface Stretch {
  seconds: number;
  badShare: number;
}

/**
 * @param stretches one after the other @param phaseS where in its minute the first one begins
 * @returns seconds from the beginning of the last one until the alert of the shortest windows does so
 */
function secondsTo(to: 'firing' | 'resolved', stretches: readonly Stretch[], rate: number, phaseS: number): number {
  const line = new CountLine();
  const units = new UnitLine(OBJECTIVE, line);
  const alert = alertStates(OBJECTIVE)[0]!;
  const shares = stretches.flatMap(({ seconds, badShare }) => Array.from({ length: seconds }, () => badShare));
  const lastFrom = shares.length - stretches.at(-1)!.seconds;
  let debt = 0;
  for (let s = 0; s < shares.length; s++) {
    const counted = s - COUNTED_AFTER_S;
    if (counted >= 0) {
      debt += rate * shares[counted]!;
      line.add(Math.floor((START + (phaseS + counted) * 1000) / MINUTE_MS), countsOf(rate, Math.floor(debt)));
      debt -= Math.floor(debt);
    }
    const atMs = START + (phaseS + s + 1) * 1000;
    if (atMs % JUDGE_MS !== 0) continue;
    const told = stepAlert(alert, OBJECTIVE, units, () => true, atMs);
    if (told?.to === to && s >= lastFrom) return s + 1 - lastFrom;
  }
  return Number.POSITIVE_INFINITY;
}

function countsOf(total: number, bad: number): Float64Array {
  const counts = noCounts();
  counts[TALLIES.indexOf('total')] = total;
  counts[TALLIES.indexOf('good')] = total - bad;
  return counts;
}

/** The worst of all seconds of a minute that it may begin in. */
function worst(to: 'firing' | 'resolved', stretches: readonly Stretch[], rate: number): number {
  return Math.max(...Array.from({ length: 60 }, (_, phase) => secondsTo(to, stretches, rate, phase)));
}

export function detection(): Row[] {
  const calm = (minutes: number) => ({ seconds: minutes * 60, badShare: 0 });
  const outage = { seconds: 600, badShare: 1 };
  const burn = (times: number, minutes: number) => ({ seconds: minutes * 60, badShare: times * BUDGET });
  const about = `99.9 %, page-1h of the google preset, worst of 60 beginnings, counted after ${COUNTED_AFTER_S} s`;
  const row = (what: string, seconds: number, limitS: number, over: string): Row => ({
    ...{ what, over, measured: `${seconds} s`, want: `<= ${limitS} s`, ok: seconds <= limitS },
  });
  return [
    row('a total outage pages after', worst('firing', [calm(70), outage], 10), 60, `10 requests/s, ${about}`),
    row(
      'budget burning 14.5 times too fast pages after',
      // The long window has enough from before, so the short one decides; without it an hour has to pass by definition.
      worst('firing', [burn(30, 45), calm(10), burn(14.5, 8)], 1_000),
      330,
      'the long window above its limit before',
    ),
    row('an outage that is over resolves after', worst('resolved', [calm(70), outage, calm(10)], 10), 305, 'the same'),
  ];
}
