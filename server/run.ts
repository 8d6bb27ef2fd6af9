/** One run: a name for stretches of time, its aggregate, and what the server's counters rose by in them. */

import { RunAggregate } from './aggregate/run-aggregate.ts';
import type { PathColumns } from './join/paths.ts';
import { loadsByVm } from './load-total.ts';
import { type Cost, NO_COST } from './self-cost.ts';
import { NO_TOTALS, type Totals } from './totals.ts';
import type { Coverage } from './wire/series-views.ts';
import type { LoadSummary, RunInfo, RunNote, Stretch, Summary } from './wire/views.ts';

/** What of a summary is only there to be seen while its run is the current one. */
export interface Momentary extends Pick<Summary, 'clock' | 'selfCost' | 'provenance'> {
  /** By the VM's name. */
  readonly provenanceOf: ReadonlyMap<string, Summary['provenance']>;
}

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
  /** Of all generators. */
  load: LoadSummary | null;
  /** Of those that asked one VM each, by its name. */
  readonly loadOf: Map<string, LoadSummary>;
  /** What the recording says that is replayed as this run; null of a run that is measured here. */
  recorded: Summary | null;
  /** Of the newest path. */
  wiring: Wiring | null;
  /** Of the newest path of each VM, by its name. */
  readonly wiringOf: Map<string, Wiring>;
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
  /** Which of its requests are not kept one by one. */
  readonly coverage: () => Coverage;
}

export function newRun(id: string, name: string, startedMs: number, coverage: Run['coverage']): Run {
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
    loadOf: new Map(),
    recorded: null,
    wiring: null,
    wiringOf: new Map(),
    start: null,
    counted: NO_TOTALS,
    cost: NO_COST,
    left: null,
    isEarlier: false,
    frozen: null,
    coverage,
  };
}

/** One that is over: there is only its summary here, and its paths are in the store. */
export function earlierRun(summary: Summary, coverage: Run['coverage']): Run {
  const { run: told, load } = summary;
  const run = newRun(told.id, told.name, told.startedMs, coverage);
  const loadOf = loadsByVm(summary);
  Object.assign(run, { load, loadOf, labels: told.labels, endedMs: told.endedMs, frozen: summary, isEarlier: true });
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
    ...coverageOf(run),
  };
}

/** Of a recording also what was not kept where it was recorded. */
function coverageOf({ recorded, coverage }: Run): Coverage {
  const { pruned, sampled } = recorded?.run ?? {};
  return { ...(pruned && { pruned }), ...(sampled && { sampled }), ...coverage() };
}

function countedIn({ isEarlier, frozen, aggregate }: Run): Pick<RunInfo, 'exchanges' | 'vms'> {
  if (isEarlier && frozen !== null) return { exchanges: frozen.run.exchanges, vms: frozen.run.vms };
  return { exchanges: aggregate.counts.exchanges, vms: aggregate.vms };
}

/** One object per change, not per path: a VM's paths go the same way for hours. @param vm of the path's row */
export function noteWiring(run: Run, vm: string, columns: PathColumns, row: number): void {
  const known = run.wiringOf.get(vm);
  const wiring = known !== undefined && isWiredAs(known, columns, row) ? known : wiringIn(columns, row);
  if (wiring !== known) run.wiringOf.set(vm, wiring);
  run.wiring = wiring;
}

function wiringIn(columns: PathColumns, row: number): Wiring {
  const { hostSource, guestSource, tap, vnic } = columns;
  return {
    host: hostSource[row] as number,
    guest: guestSource[row] as number,
    tap: tap[row] as number,
    vnic: vnic[row] as number,
  };
}

/** Whether the row went between the same devices as the path before it. */
function isWiredAs({ host, guest, tap, vnic }: Wiring, columns: PathColumns, row: number): boolean {
  return (
    columns.hostSource[row] === host &&
    columns.guestSource[row] === guest &&
    columns.tap[row] === tap &&
    columns.vnic[row] === vnic
  );
}
