/** The server's cumulative counters, and what they rise by while a run is the current one. */
import type { Pipeline } from './pipeline.ts';
import type { Faults } from './wire/views.ts';

/** Of the whole server, since it started. */
export interface Totals {
  /**
   * Records of each vantage that are over and in no path of a run. Those of a path are counted with it,
   * in the run of its own time, late as it may come; those that still wait are not here yet.
   */
  hostApart: number;
  guestApart: number;
  unmatchedHost: number;
  unmatchedGuest: number;
  negative: number;
  clockSteps: number;
  continuedAfterJoin: number;
  repeatedHost: number;
  repeatedGuest: number;
  drops: Record<string, number>;
}

export const NO_TOTALS: Totals = {
  hostApart: 0,
  guestApart: 0,
  unmatchedHost: 0,
  unmatchedGuest: 0,
  negative: 0,
  clockSteps: 0,
  continuedAfterJoin: 0,
  repeatedHost: 0,
  repeatedGuest: 0,
  drops: {},
};
const COUNTERS = Object.keys(NO_TOTALS).filter((name) => name !== 'drops') as Exclude<keyof Totals, 'drops'>[];

export function totalsOf({ store, joiner, runs, clocks, registry, negative, laterDrops }: Pipeline): Totals {
  const { counts } = joiner;
  return {
    hostApart: counts.host - counts.pendingHost - counts.joined + runs.outside,
    guestApart: counts.guest - counts.pendingGuest - counts.joined + runs.outside,
    unmatchedHost: counts.unmatchedHost,
    unmatchedGuest: counts.unmatchedGuest,
    negative,
    clockSteps: clocks.steps,
    continuedAfterJoin: counts.late,
    repeatedHost: counts.duplicateHost + counts.continuedHost + counts.lateHost,
    repeatedGuest: counts.duplicateGuest + counts.continuedGuest + counts.lateGuest,
    drops: {
      ...Object.fromEntries(registry.drops()),
      'join.evicted': counts.evicted,
      'join.overflow': counts.overflow,
      'join.malformed': counts.malformed,
      'store.lost': store.counts.lost,
      ...laterDrops(),
    },
  };
}

/** Records of each vantage that wait: for their partner, the rest of their response, or a clock. */
export function pendingOf({ joiner, delivered }: Pipeline): { host: number; guest: number } {
  const { pendingHost, pendingGuest, joined } = joiner.counts;
  const paths = joined - delivered;
  return { host: pendingHost + paths, guest: pendingGuest + paths };
}

export function faultsOf({ negative, clockSteps, continuedAfterJoin }: Totals): Faults {
  return { negative, clockSteps, continuedAfterJoin };
}

/** What was counted between two readings; a queue that appeared in between started at 0. */
export function totalsSince(start: Totals, now: Totals): Totals {
  return combined(now, start, (a, b) => a - b);
}

export function totalsSum(a: Totals, b: Totals): Totals {
  return combined(a, b, (one, other) => one + other);
}

function combined(a: Totals, b: Totals, combine: (a: number, b: number) => number): Totals {
  const queues = new Set([...Object.keys(a.drops), ...Object.keys(b.drops)]);
  const drops = [...queues].map((name) => [name, combine(a.drops[name] ?? 0, b.drops[name] ?? 0)]);
  const counters = COUNTERS.map((name) => [name, combine(a[name], b[name])]);
  return { ...Object.fromEntries(counters), drops: Object.fromEntries(drops) } as Totals;
}
