/** Days of random traffic by the minute, with nights, incidents of every size, and objectives of every preset over it. */
import { seededRandom } from '../../../server/compare/random.ts';
import type { Maintenance, Objective } from '../../../server/slo/objective.ts';
import { PRESETS, type Preset, presetRules } from '../../../server/slo/presets.ts';
import type { Minute } from './rule-oracle.ts';

const DAY = 1_440;
const MINUTE_MS = 60_000;

/** @param id also names the SLO */
export function presetObjective(
  id: string,
  preset: Preset,
  target: number,
  days: number,
  isSliced: boolean,
): Objective {
  return {
    ...{ id, slo: id, title: `${preset} {{ .Labels }}`, service: 'web', target, maintenance: [] },
    indicator: { total: {}, longPolls: [], healthChecks: [] },
    method: isSliced ? 'Timeslices' : 'Occurrences',
    slice: isSliced ? { minutes: 1, target: 0.95 } : null,
    window: { length: { count: days, unit: 'd' }, calendar: null },
    rules: presetRules(preset, days * DAY),
  };
}

/** One of each preset and method that alerts. */
export function presetObjectives(maintenance: readonly Maintenance[]): Objective[] {
  return PRESETS.filter((preset) => preset !== 'none').flatMap((preset, i) => [
    { ...presetObjective(`${preset}-requests`, preset, [0.999, 0.99, 0.95][i]!, [30, 28, 7][i]!, false), maintenance },
    { ...presetObjective(`${preset}-slices`, preset, 0.99, [30, 30, 28][i]!, true), maintenance },
  ]);
}

export function randomMinutes(seed: number, count: number): Minute[] {
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  const rate = 1 + whole(2_000);
  const incidents = Array.from({ length: 1 + whole(count / 200) }, () => {
    const from = whole(count);
    return { from, to: from + 1 + whole(random() < 0.3 ? 600 : 30), share: random() ** 3 };
  });
  const nights = Array.from({ length: whole(4) }, () => ({ from: whole(count), length: whole(120) }));
  return Array.from({ length: count }, (_, minute) => {
    const isNight = nights.some(({ from, length }) => minute >= from && minute < from + length);
    const total = isNight ? 0 : whole(rate + 1);
    const incident = incidents.find(({ from, to }) => minute >= from && minute < to);
    const share = incident?.share ?? (random() < 0.1 ? 0.01 : 0);
    const bad = Array.from({ length: Math.min(total, 40) }).filter(() => random() < share).length;
    return { total, bad: Math.round((bad / Math.max(1, Math.min(total, 40))) * total) };
  });
}

/** Two hours of every day. */
export function nightlyMaintenance(startMs: number, days: number): Maintenance[] {
  return Array.from({ length: days }, (_, day) => {
    const fromMs = startMs + (day * DAY + 180) * MINUTE_MS;
    return { fromMs, toMs: fromMs + 120 * MINUTE_MS, why: 'backup' };
  });
}
