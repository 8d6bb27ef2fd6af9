/** One promise: how many of which requests have to be good, over which time. */
import { type Calendar, periodAt } from './calendar.ts';
import { type Duration, minutesOf } from './duration.ts';
import type { Indicator } from './indicator.ts';
import { MINUTE_MS } from './minute-counts.ts';
import type { AlertRule } from './presets.ts';

export const METHODS = ['Occurrences', 'Timeslices', 'RatioTimeslices'] as const;
export type Method = (typeof METHODS)[number];

/** A stretch that nobody is held to, whole minutes. */
export interface Maintenance {
  readonly fromMs: number;
  readonly toMs: number;
  readonly why: string;
}

export interface Objective {
  /** Unique: the SLO's name, and its number where the SLO has several. */
  readonly id: string;
  readonly slo: string;
  /** Of a part of a composite SLO: how much it counts there. */
  readonly weight?: number;
  readonly title: string;
  readonly service: string;
  readonly indicator: Indicator;
  /** Above 0 and below 1. */
  readonly target: number;
  readonly method: Method;
  /** Of both methods of slices; `target` null where the slice's own ratio counts. */
  readonly slice: { readonly minutes: number; readonly target: number | null } | null;
  readonly window: { readonly length: Duration; readonly calendar: Calendar | null };
  readonly rules: readonly AlertRule[];
  readonly maintenance: readonly Maintenance[];
}

/** Minutes since the epoch, `to` the first after it. */
export interface Minutes {
  readonly from: number;
  readonly to: number;
}

/** The share that may be bad. Targets are decimal numbers: 1 - 0.999 is 0.001 here. */
export function budgetOf({ target }: Objective): number {
  return Number((1 - target).toFixed(12));
}

/** The minutes that began in the last so many, the one that lasts included. */
export function lastMinutes(minutes: number, nowMs: number): Minutes {
  return { from: Math.ceil(nowMs / MINUTE_MS - minutes), to: Math.ceil(nowMs / MINUTE_MS) };
}

/** What of the objective's window is over at that moment. */
export function windowAt({ window: { length, calendar } }: Objective, nowMs: number): Minutes {
  if (calendar === null) return lastMinutes(minutesOf(length), nowMs);
  const { fromMs } = periodAt(calendar, length, nowMs);
  return { from: Math.floor(fromMs / MINUTE_MS), to: Math.ceil(nowMs / MINUTE_MS) };
}

/** How far back anything of this objective may look, minutes. */
export function reachOf({ window: { length }, rules, slice }: Objective): number {
  // A month of 31 days, a leap year.
  const own = Math.ceil(minutesOf(length) * 1.04) + (slice?.minutes ?? 0);
  return Math.max(own, ...rules.map(({ longMinutes }) => longMinutes));
}
