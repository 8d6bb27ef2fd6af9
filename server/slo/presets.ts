/** Burn-rate rules as the field has them, with the parameters of their sources. */
import type { Operator } from './indicator.ts';

/** Fires while the budget burns so fast in the long window, and still does in the short one. */
export interface AlertRule {
  readonly name: string;
  readonly severity: string;
  readonly longMinutes: number;
  /** Null: the long one alone. */
  readonly shortMinutes: number | null;
  /** Times the speed that uses up the budget at the end of the window. */
  readonly factor: number;
  readonly op: Operator;
  /** How long it has to hold before it fires. */
  readonly forMinutes: number;
}

export const PRESETS = ['google', 'sloth', 'pyrra', 'none'] as const;
export type Preset = (typeof PRESETS)[number];

const HOUR = 60;
const DAY = 24 * HOUR;

/** @param windowMinutes of the objective: two of the three depend on it */
export function presetRules(preset: Preset, windowMinutes: number): AlertRule[] {
  if (preset === 'google') return google();
  if (preset === 'sloth') return sloth(windowMinutes);
  return preset === 'pyrra' ? pyrra(windowMinutes) : [];
}

function rule(name: string, severity: string, longMinutes: number, shortMinutes: number, factor: number): AlertRule {
  return { name, severity, longMinutes, shortMinutes, factor, op: 'gt', forMinutes: 0 };
}

/** The Site Reliability Workbook, chapter 5, table 5-8: a tenth, a twentieth, a fiftieth of 30 days' budget. */
function google(): AlertRule[] {
  return [
    rule('page-1h', 'page', HOUR, 5, 14.4),
    rule('page-6h', 'page', 6 * HOUR, 30, 6),
    rule('ticket-3d', 'ticket', 3 * DAY, 6 * HOUR, 1),
  ];
}

/** slok/sloth, internal/alert/windows: the factor follows from the share of the budget that may go in the long window. */
function sloth(windowMinutes: number): AlertRule[] {
  const hours = windowMinutes / HOUR;
  const of = (name: string, severity: string, long: number, short: number, budgetPercent: number) =>
    rule(name, severity, long, short, (budgetPercent * hours) / 100 / (long / HOUR));
  return [
    of('page-quick', 'page', HOUR, 5, 2),
    of('page-slow', 'page', 6 * HOUR, 30, 5),
    of('ticket-quick', 'ticket', DAY, 2 * HOUR, 10),
    of('ticket-slow', 'ticket', 3 * DAY, 6 * HOUR, 10),
  ];
}

/** pyrra-dev/pyrra, slo/rules.go: everything but the factor is a share of the window, in whole minutes. */
function pyrra(windowMinutes: number): AlertRule[] {
  const share = (parts: number) => Math.round(windowMinutes / parts);
  const of = (name: string, severity: string, [lasts, long, short]: [number, number, number], factor: number) => ({
    ...rule(name, severity, share(long), share(short), factor),
    forMinutes: share(lasts),
  });
  const perHour = 28 * 24;
  return [
    of('critical-1h', 'critical', [perHour * 30, perHour, perHour * 12], 14),
    of('critical-6h', 'critical', [perHour * 4, 28 * 4, perHour * 2], 7),
    of('warning-1d', 'warning', [perHour, 28, 28 * 12], 2),
    of('warning-4d', 'warning', [28 * 8, 7, 28 * 4], 1),
  ];
}
