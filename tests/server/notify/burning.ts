/** An objective whose alert is taken where a test wants it, and a clock to go with it. */
import { alertStates } from '../../../server/slo/alerts.ts';
import { CountLine } from '../../../server/slo/count-line.ts';
import { noCounts, TALLIES } from '../../../server/slo/indicator.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import { presetRules } from '../../../server/slo/presets.ts';
import { UnitLine } from '../../../server/slo/unit-line.ts';

export const MINUTE = 60_000;
/** Like now: an Alertmanager takes what it is told for what is. */
export const START = Math.floor(Date.now() / MINUTE) * MINUTE;

export const OBJECTIVE: Objective = {
  ...{ id: 'web-fast', slo: 'web-fast', title: 'Answers are fast', service: 'web' },
  ...{ target: 0.99, method: 'Occurrences', slice: null, maintenance: [] },
  indicator: {
    total: {},
    threshold: { time: 'end-to-end', op: 'lte', ns: 100e6 },
    longPolls: [],
    healthChecks: [],
  },
  window: { length: { count: 30, unit: 'd' }, calendar: null },
  rules: presetRules('google', 43_200).slice(0, 1),
};

export class Burning {
  nowMs = START;
  readonly objective: Objective;
  readonly lines: { units: UnitLine };
  readonly alerts;

  constructor(objective = OBJECTIVE) {
    this.objective = objective;
    const line = new CountLine();
    const counts = noCounts();
    counts[TALLIES.indexOf('total')] = 100;
    counts[TALLIES.indexOf('good')] = 70;
    line.add(START / MINUTE - 1, counts);
    this.lines = { units: new UnitLine(objective, line) };
    this.alerts = alertStates(objective);
  }

  fire(): void {
    Object.assign(this.alerts[0]!, { state: 'firing', sinceMs: this.nowMs });
  }

  end(): void {
    const { sinceMs } = this.alerts[0]!;
    const lastFired = { fromMs: sinceMs, toMs: this.nowMs };
    Object.assign(this.alerts[0]!, { state: 'inactive', sinceMs: this.nowMs, lastFired });
  }
}
