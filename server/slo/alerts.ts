/**
 * Multiwindow burn-rate alerts. An alert fires by what was measured, and it
 * resolves by what was measured: where minutes of its short window are
 * missing, it stays as it is.
 */
import { compare } from './indicator.ts';
import { budgetOf, lastMinutes, type Minutes, type Objective } from './objective.ts';
import type { AlertRule } from './presets.ts';
import type { Spent, UnitLine } from './unit-line.ts';

const MINUTE_MS = 60_000;

export interface AlertState {
  readonly rule: AlertRule;
  state: 'inactive' | 'pending' | 'firing';
  /** Since when it is in that state, ms; null before it ever changed. */
  sinceMs: number | null;
  /** It would have resolved, but minutes are missing. */
  isHeld: boolean;
  /** From when to when it fired before; null where it never did. */
  lastFired: { readonly fromMs: number; readonly toMs: number } | null;
}

export interface Transition {
  readonly objective: string;
  readonly rule: AlertRule;
  readonly to: 'firing' | 'resolved';
  readonly atMs: number;
  /** What both windows had. */
  readonly long: Spent;
  readonly short: Spent;
}

/** Whether every one of these minutes was measured. */
export type IsMeasured = (minutes: Minutes) => boolean;

export function alertStates({ rules }: Objective): AlertState[] {
  return rules.map((rule) => ({ rule, state: 'inactive', sinceMs: null, isHeld: false, lastFired: null }));
}

/** Budget burnt at so many times the allowed speed; null where there was nothing. */
export function burnOf({ total, bad }: Spent, objective: Objective): number | null {
  return total > 0 ? bad / total / budgetOf(objective) : null;
}

/** Take an alert to what it is at that moment. @returns what is to be told, or null */
export function stepAlert(
  alert: AlertState,
  objective: Objective,
  units: UnitLine,
  isMeasured: IsMeasured,
  nowMs: number,
): Transition | null {
  const { rule } = alert;
  const shortMinutes = rule.shortMinutes ?? rule.longMinutes;
  const [long, short] = [rule.longMinutes, shortMinutes].map((minutes) => units.spentLately(minutes, nowMs)) as [
    Spent,
    Spent,
  ];
  const holds = [long, short].every((spent) => isBurning(spent, rule, objective));
  const told = (to: Transition['to']): Transition => ({ objective: objective.id, rule, to, atMs: nowMs, long, short });
  if (holds) return burning(alert, nowMs) ? told('firing') : null;
  // The minute that lasts says nothing yet of what is missing.
  const { from } = lastMinutes(shortMinutes, nowMs);
  alert.isHeld = alert.state !== 'inactive' && !isMeasured({ from, to: Math.floor(nowMs / MINUTE_MS) });
  if (alert.isHeld || alert.state === 'inactive') return null;
  const wasFiring = alert.state === 'firing';
  if (wasFiring) alert.lastFired = { fromMs: alert.sinceMs ?? nowMs, toMs: nowMs };
  alert.state = 'inactive';
  alert.sinceMs = nowMs;
  return wasFiring ? told('resolved') : null;
}

function isBurning({ total, bad }: Spent, { op, factor }: AlertRule, objective: Objective): boolean {
  return total > 0 && compare(bad / total, op, factor * budgetOf(objective));
}

/** @returns whether it fires from now on */
function burning(alert: AlertState, nowMs: number): boolean {
  alert.isHeld = false;
  if (alert.state === 'firing') return false;
  if (alert.state === 'inactive') {
    alert.state = 'pending';
    alert.sinceMs = nowMs;
  }
  // The clock may have been set back meanwhile.
  alert.sinceMs = Math.min(alert.sinceMs ?? nowMs, nowMs);
  if (nowMs - alert.sinceMs < alert.rule.forMinutes * MINUTE_MS) return false;
  alert.state = 'firing';
  alert.sinceMs = nowMs;
  return true;
}

/**
 * Every alert as it would have been, judged at the end of each minute of [fromMs, toMs].
 * @param alerts are taken along; new ones where nothing is given
 */
export function alertHistory(
  objective: Objective,
  units: UnitLine,
  isMeasured: IsMeasured,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  alerts = alertStates(objective),
): Transition[] {
  const told: Transition[] = [];
  for (let atMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; atMs <= toMs; atMs += MINUTE_MS) {
    for (const alert of alerts) {
      const transition = stepAlert(alert, objective, units, isMeasured, atMs);
      if (transition !== null) told.push(transition);
    }
  }
  return told;
}
