import { describe, expect, it } from 'vitest';
import { alertStates, stepAlert, type Transition } from '../../../server/slo/alerts.ts';
import { CountLine } from '../../../server/slo/count-line.ts';
import { episodesOf } from '../../../server/slo/episodes.ts';
import { noCounts, TALLIES } from '../../../server/slo/indicator.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import { UnitLine } from '../../../server/slo/unit-line.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 5, 1, 10);
const STEP_MS = 5_000;
const OBJECTIVE: Objective = {
  ...{ id: 'a', slo: 'a', title: 'a', service: 's', target: 0.95, method: 'Occurrences', slice: null, maintenance: [] },
  indicator: { total: {}, longPolls: [], healthChecks: [] },
  window: { length: { count: 1, unit: 'd' }, calendar: null },
  // More than a tenth of the requests of two minutes.
  rules: [{ name: 'slow', severity: 'page', longMinutes: 2, shortMinutes: null, factor: 2, op: 'gt', forMinutes: 0 }],
};

/** Extents in minutes since the start. @param stretches seconds of a service at 10 requests a second, and the share that is bad */
function extents(...stretches: [seconds: number, badShare: number][]): [number, number, boolean][] {
  const source = new CountLine();
  const units = new UnitLine(OBJECTIVE, source);
  const alerts = alertStates(OBJECTIVE);
  const transitions: Transition[] = [];
  let atMs = START;
  for (const [seconds, badShare] of stretches) {
    for (let s = 0; s < seconds; s += STEP_MS / 1000) {
      const counts = noCounts();
      counts[TALLIES.indexOf('total')] = 50;
      counts[TALLIES.indexOf('good')] = Math.round(50 * (1 - badShare));
      source.add(Math.floor(atMs / MINUTE), counts);
      atMs += STEP_MS;
      transitions.push(...alerts.flatMap((alert) => stepAlert(alert, OBJECTIVE, units, () => true, atMs) ?? []));
    }
  }
  const all = episodesOf(OBJECTIVE, { source, units }, transitions, atMs);
  return all.map(({ fromMs, toMs, isOpen }) => [(fromMs - START) / MINUTE, (toMs - START) / MINUTE, isOpen]);
}

describe('an episode', () => {
  it('has the minutes that burn too much, whenever its alert is resolved', () => {
    expect(extents([315, 0], [80, 1], [300, 0])).toEqual([[5, 7, false]]);
  });

  it('lasts until now while its alert fires', () => {
    expect(extents([315, 0], [80, 1])).toEqual([[5, (315 + 80) / 60, true]]);
  });

  it('does not reach into the next one, which begins in the minute in which it is resolved', () => {
    // The first one's last seconds are in minute 6; it is resolved at the beginning of minute 7, the next one begins in it.
    expect(extents([315, 0], [50, 1], [70, 0], [40, 1], [300, 0])).toEqual([
      [5, 7, false],
      [7, 8, false],
    ]);
  });
});
