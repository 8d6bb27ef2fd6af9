/** One run: a name for stretches of time, its aggregate, and what the server's counters rose by in them. */
import { RunAggregate } from './aggregate/run-aggregate.ts';
import type { PathColumns } from './join/paths.ts';
import { type Cost, NO_COST } from './self-cost.ts';
import { NO_TOTALS, type Totals } from './totals.ts';
import type { LoadSummary, RunInfo, RunNote, Stretch, Summary } from './wire/views.ts';

/** What of a summary is only there to be seen while its run is the current one. */
export type Momentary = Pick<Summary, 'clock' | 'selfCost' | 'provenance'>;

/** Between which devices the paths went: a VM may have several NICs, and a run uses one of them. */
export interface Wiring {
  /** `RecordSource.index` of the two records. */
  readonly host: number;
  readonly guest: number;
  /** Their interface numbers, each in its own machine. */
  readonly tap: number;
  readonly vnic: number;
}

export interface Run {
  readonly id: string;
  name: string;
  /** What people say of it. */
  labels: Record<string, string>;
  readonly notes: RunNote[];
  readonly startedMs: number;
  /** When its newest stretch ended; null while that lasts. */
  endedMs: number | null;
  /** Oldest first; only the newest one may last. */
  readonly stretches: Stretch[];
  readonly aggregate: RunAggregate;
  /** Joined with every station stamped. */
  complete: number;
  load: LoadSummary | null;
  /** What the recording says that is replayed as this run; null of a run that is measured here. */
  recorded: Summary | null;
  /** Of the newest path. */
  wiring: Wiring | null;
  /** Where the server's counters stood when the newest stretch began; null once another run counts. */
  start: Totals | null;
  /** What they rose by, and what measuring cost, in the stretches before that one. */
  counted: Totals;
  cost: Cost;
  /** As it was when the run was left; null while it is the current one. */
  left: Momentary | null;
  /** Of a server before this one, or not in memory any more: see {@link earlierRun}. */
  readonly isEarlier: boolean;
  /** Set when the run is over and its stragglers are in; only the generator's report may still come. */
  frozen: Summary | null;
}

export function newRun(id: string, name: string, startedMs: number): Run {
  return {
    id,
    name,
    labels: {},
    notes: [],
    startedMs,
    endedMs: null,
    stretches: [],
    aggregate: new RunAggregate(),
    complete: 0,
    load: null,
    recorded: null,
    wiring: null,
    start: null,
    counted: NO_TOTALS,
    cost: NO_COST,
    left: null,
    isEarlier: false,
    frozen: null,
  };
}

/** One that is over: there is only its summary here, and its paths are in the store. */
export function earlierRun(summary: Summary): Run {
  const { run: told, load } = summary;
  const run = newRun(told.id, told.name, told.startedMs);
  Object.assign(run, { load, labels: told.labels, endedMs: told.endedMs, frozen: summary, isEarlier: true });
  run.notes.push(...told.notes);
  run.stretches.push(...told.stretches);
  return run;
}

export function runInfo(run: Run): RunInfo {
  return {
    id: run.id,
    name: run.name,
    labels: run.labels,
    notes: [...run.notes],
    startedMs: run.startedMs,
    endedMs: run.endedMs,
    stretches: run.stretches.map(({ fromMs, toMs }) => ({ fromMs, toMs })),
    recordedMs: run.recorded?.run.startedMs ?? null,
    ...countedIn(run),
  };
}

function countedIn({ isEarlier, frozen, aggregate }: Run): Pick<RunInfo, 'exchanges' | 'vms'> {
  if (isEarlier && frozen !== null) return { exchanges: frozen.run.exchanges, vms: frozen.run.vms };
  return { exchanges: aggregate.counts.exchanges, vms: aggregate.vms };
}

export function wiringOf(columns: PathColumns, row: number): Wiring {
  const { hostSource, guestSource, tap, vnic } = columns;
  return {
    host: hostSource[row] as number,
    guest: guestSource[row] as number,
    tap: tap[row] as number,
    vnic: vnic[row] as number,
  };
}
