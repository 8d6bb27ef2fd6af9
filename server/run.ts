/** One run: a named stretch of time, its aggregate, and where the server's counters stood when it began. */
import { RunAggregate } from './aggregate/run-aggregate.ts';
import type { Faults, LoadSummary, RunInfo, Summary } from './wire/views.ts';

/** Cumulative counters of the whole server, all growing only. */
export interface Totals {
  host: number;
  guest: number;
  unmatchedHost: number;
  unmatchedGuest: number;
  negative: number;
  clockSteps: number;
  continuedAfterJoin: number;
  repeatedHost: number;
  repeatedGuest: number;
  drops: Record<string, number>;
}

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly startedMs: number;
  endedMs: number | null;
  readonly aggregate: RunAggregate;
  /** Joined with every station stamped. */
  complete: number;
  load: LoadSummary | null;
  readonly start: Totals;
  /** Set when the run is over and its stragglers are in; only the generator's report may still come. */
  frozen: Summary | null;
}

export function newRun(id: string, name: string, startedMs: number, start: Totals): Run {
  return {
    id,
    name,
    startedMs,
    endedMs: null,
    aggregate: new RunAggregate(),
    complete: 0,
    load: null,
    start,
    frozen: null,
  };
}

export function runInfo(run: Run): RunInfo {
  return {
    id: run.id,
    name: run.name,
    startedMs: run.startedMs,
    endedMs: run.endedMs,
    exchanges: run.aggregate.counts.exchanges,
    vms: run.aggregate.vms,
  };
}

export function faultsOf({ negative, clockSteps, continuedAfterJoin }: Totals): Faults {
  return { negative, clockSteps, continuedAfterJoin };
}

/** What was counted between two readings; a queue that appeared in between started at 0. */
export function totalsSince(start: Totals, now: Totals): Totals {
  const drops = Object.entries(now.drops).map(([name, value]) => [name, value - (start.drops[name] ?? 0)]);
  return {
    host: now.host - start.host,
    guest: now.guest - start.guest,
    unmatchedHost: now.unmatchedHost - start.unmatchedHost,
    unmatchedGuest: now.unmatchedGuest - start.unmatchedGuest,
    negative: now.negative - start.negative,
    clockSteps: now.clockSteps - start.clockSteps,
    continuedAfterJoin: now.continuedAfterJoin - start.continuedAfterJoin,
    repeatedHost: now.repeatedHost - start.repeatedHost,
    repeatedGuest: now.repeatedGuest - start.repeatedGuest,
    drops: Object.fromEntries(drops) as Record<string, number>,
  };
}
