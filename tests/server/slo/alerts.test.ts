import { describe, expect, it } from 'vitest';
import { alertStates, type IsMeasured, stepAlert } from '../../../server/slo/alerts.ts';
import { CountLine } from '../../../server/slo/count-line.ts';
import { noCounts, TALLIES } from '../../../server/slo/indicator.ts';
import type { Objective } from '../../../server/slo/objective.ts';
import { presetRules } from '../../../server/slo/presets.ts';
import { UnitLine } from '../../../server/slo/unit-line.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 5, 1, 10);
const STEP_MS = 5_000;
const OBJECTIVE: Objective = {
  ...{
    id: 'a',
    slo: 'a',
    title: 'a',
    service: 's',
    target: 0.999,
    method: 'Occurrences',
    slice: null,
    maintenance: [],
  },
  indicator: { total: {}, longPolls: [], healthChecks: [] },
  window: { length: { count: 30, unit: 'd' }, calendar: null },
  rules: presetRules('google', 43_200),
};

/** A service that answers `rate` requests a second, judged every five seconds on a clock of its own. */
class Service {
  readonly line = new CountLine();
  readonly units = new UnitLine(OBJECTIVE, this.line);
  readonly alerts = alertStates(OBJECTIVE);
  readonly told: string[] = [];
  atMs = START;
  isMeasured: IsMeasured = () => true;

  /** @param badShare of the requests @param rate 0 is a service that nobody asks, or that nobody measures */
  run(seconds: number, rate: number, badShare: number): void {
    for (let s = 0; s < seconds; s += STEP_MS / 1000) {
      const counts = noCounts();
      counts[TALLIES.indexOf('total')] = (rate * STEP_MS) / 1000;
      counts[TALLIES.indexOf('good')] = Math.round(((rate * STEP_MS) / 1000) * (1 - badShare));
      if (rate > 0) this.line.add(Math.floor(this.atMs / MINUTE), counts);
      this.atMs += STEP_MS;
      this.#judge();
    }
  }

  #judge(): void {
    for (const alert of this.alerts) {
      const transition = stepAlert(alert, OBJECTIVE, this.units, this.isMeasured, this.atMs);
      if (transition !== null) this.told.push(`${this.atMs} ${transition.rule.name} ${transition.to}`);
    }
  }

  /** Seconds from a moment to the first word of the rule after it. */
  secondsTo(rule: string, to: string, fromMs: number): number {
    const found = this.told.find((text) => text.endsWith(`${rule} ${to}`) && Number(text.split(' ')[0]) > fromMs);
    return found === undefined ? Number.POSITIVE_INFINITY : (Number(found.split(' ')[0]) - fromMs) / 1000;
  }
}

describe('an alert', () => {
  it('pages within a minute of a total outage at 10 requests a second', () => {
    const service = new Service();
    service.run(7_200, 10, 0);
    const onset = service.atMs;
    service.run(300, 10, 1);
    expect(service.secondsTo('page-1h', 'firing', onset)).toBeLessThanOrEqual(60);
  });

  it('pages within five and a half minutes of both windows burning more than 14.4 times', () => {
    const service = new Service();
    // The long window of a service without a past is as short as that.
    service.run(600, 1_000, 0.015);
    expect(service.secondsTo('page-1h', 'firing', START)).toBeLessThanOrEqual(330);
    const calm = new Service();
    calm.run(600, 1_000, 0.0143);
    expect(calm.told.filter((text) => text.includes('page-1h'))).toEqual([]);
  });

  it('resolves within its short window after the end', () => {
    const service = new Service();
    service.run(7_200, 10, 0);
    service.run(600, 10, 1);
    const end = service.atMs;
    service.run(1_200, 10, 0);
    expect(service.secondsTo('page-1h', 'resolved', end)).toBeLessThanOrEqual(300);
    const { lastFired, sinceMs } = service.alerts[0]!;
    expect(lastFired).toEqual({
      fromMs: end - 600_000 + service.secondsTo('page-1h', 'firing', end - 600_000) * 1000,
      toMs: sinceMs,
    });
  });

  it('stays as it is while nothing is measured, and resolves when the short window is whole again', () => {
    const service = new Service();
    service.run(7_200, 10, 0);
    service.run(600, 10, 1);
    expect(service.alerts[0]!.state).toBe('firing');
    const end = service.atMs;
    service.isMeasured = ({ to }) => to * MINUTE <= end;
    service.run(3_600, 0, 0);
    expect(service.alerts[0]).toMatchObject({ state: 'firing', isHeld: true });
    const back = service.atMs;
    service.isMeasured = ({ from }) => from * MINUTE >= back;
    service.run(600, 10, 0);
    expect(service.alerts[0]!.state).toBe('inactive');
    expect(service.secondsTo('page-1h', 'resolved', back)).toBeGreaterThanOrEqual(240);
  });

  it('does not fire because nothing is measured', () => {
    const service = new Service();
    service.isMeasured = () => false;
    service.run(7_200, 0, 1);
    expect(service.told).toEqual([]);
  });

  it('resolves where the service was measured and nobody asked it', () => {
    const service = new Service();
    service.run(7_200, 10, 0);
    service.run(600, 10, 1);
    service.run(600, 0, 0);
    expect(service.alerts[0]!.state).toBe('inactive');
  });

  it('fires no later because the clock was set back meanwhile', () => {
    const service = new Service();
    const rule = { ...OBJECTIVE.rules[0]!, forMinutes: 2 };
    const [alert] = alertStates({ ...OBJECTIVE, rules: [rule] });
    service.run(600, 10, 1);
    const step = (atMs: number) => stepAlert(alert!, OBJECTIVE, service.units, () => true, atMs);
    expect(step(service.atMs)).toBeNull();
    expect(alert!.state).toBe('pending');
    expect(step(service.atMs - 180_000)).toBeNull();
    expect(step(service.atMs - 60_000)?.to).toBe('firing');
  });
});
