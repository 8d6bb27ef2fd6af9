/** Breaches: what stretches of time the alerts of an objective were about. */
import type { SloEpisode } from '../wire/episode-views.ts';
import { burnOf, type Transition } from './alerts.ts';
import type { CountLine } from './count-line.ts';
import { MINUTE_MS } from './minute-counts.ts';
import { budgetOf, type Minutes, type Objective } from './objective.ts';
import { promiseOf } from './promise.ts';
import { countsIn } from './result.ts';
import type { UnitLine } from './unit-line.ts';

/** Minutes that burn no budget do not end a breach while they are so few. */
const PAUSE_MINUTES = 2;

interface Fired {
  rules: SloEpisode['rules'];
  firstMs: number;
  /** Null while one still fires. */
  lastMs: number | null;
  /** How far back what fired looked. */
  reach: number;
}

/** Oldest first. @param transitions of the objective, in order of time */
export function episodesOf(
  objective: Objective,
  { source, units }: { source: CountLine; units: UnitLine },
  transitions: readonly Transition[],
  nowMs: number,
): Omit<SloEpisode, 'composite'>[] {
  const all = firedTogether(transitions);
  const extents = extentsOf(objective, units, all, nowMs);
  return all.map((fired, i) => {
    const minutes = extents[i]!;
    const spent = units.spent(minutes);
    return {
      ...{ fromMs: minutes.from * MINUTE_MS, toMs: Math.min(nowMs, minutes.to * MINUTE_MS) },
      ...{ id: `${objective.id}@${minutes.from}`, objective: objective.id, service: objective.service },
      ...{ promise: promiseOf(objective), isOpen: fired.lastMs === null, rules: fired.rules },
      ...{ counts: countsIn(objective, source, minutes), burn: burnOf(spent, objective) },
    };
  });
}

/** Alerts that fired at the same time are about the same breach. */
function firedTogether(transitions: readonly Transition[]): Fired[] {
  const all: Fired[] = [];
  const firing = new Set<string>();
  for (const { rule, to, atMs } of transitions) {
    if (to === 'resolved') {
      firing.delete(rule.name);
      if (firing.size === 0 && all.length > 0) all.at(-1)!.lastMs = atMs;
      continue;
    }
    if (firing.size === 0) all.push({ rules: [], firstMs: atMs, lastMs: null, reach: 0 });
    firing.add(rule.name);
    const fired = all.at(-1)!;
    if (!fired.rules.some((one) => one.rule === rule.name)) {
      fired.rules.push({ rule: rule.name, severity: rule.severity, atMs });
    }
    fired.reach = Math.max(fired.reach, rule.longMinutes);
  }
  return all;
}

/** No minute is of two breaches: what burns where one is resolved and the next one fires is the next one's. */
function extentsOf(objective: Objective, units: UnitLine, all: readonly Fired[], nowMs: number): Minutes[] {
  const alone = all.map((fired, i) => {
    const before = all[i - 1]?.lastMs ?? Number.NEGATIVE_INFINITY;
    return extentOf(objective, units, fired, Math.floor(before / MINUTE_MS), nowMs);
  });
  return alone.map(({ from, to }, i) => ({ from, to: Math.max(from + 1, Math.min(to, alone[i + 1]?.from ?? to)) }));
}

/**
 * From the first minute of the stretch that burns too much, back from where it fired, to the last such minute.
 * @param notBefore the minute in which the breach before it was resolved
 */
function extentOf(
  objective: Objective,
  units: UnitLine,
  { firstMs, lastMs, reach }: Fired,
  notBefore: number,
  nowMs: number,
): Minutes {
  const fired = Math.ceil(firstMs / MINUTE_MS) - 1;
  const end = Math.ceil((lastMs ?? nowMs) / MINUTE_MS);
  const earliest = Math.max(fired - reach + 1, notBefore);
  let from = lastBurning(objective, units, fired, Math.max(fired - reach, notBefore)) ?? fired;
  for (let pause = 0, minute = from - 1; pause <= PAUSE_MINUTES && minute >= earliest; minute--) {
    if (isBurning(objective, units, minute)) {
      from = minute;
      pause = 0;
    } else pause++;
  }
  const last = lastBurning(objective, units, end - 1, from) ?? from;
  return { from, to: lastMs === null ? end : last + 1 };
}

function lastBurning(objective: Objective, units: UnitLine, minute: number, notBefore: number): number | null {
  for (let at = minute; at >= notBefore; at--) if (isBurning(objective, units, at)) return at;
  return null;
}

function isBurning(objective: Objective, units: UnitLine, minute: number): boolean {
  const { total, bad } = units.spent({ from: minute, to: minute + 1 });
  return total > 0 && bad / total > budgetOf(objective);
}
