import type { PathColumns } from '../join/paths.ts';
import { ALL_VMS } from '../wire/machine-views.ts';
import type { LayerRow, SecondRow, TcpTotals } from '../wire/views.ts';
import { alikeEnd, wallSecond } from './alike.ts';
import type { ContentionReport } from './contention.ts';
import type { ExponentialHistogram } from './histogram.ts';
import { SecondRing } from './second-ring.ts';
import { SeriesSet } from './series-set.ts';
import { VmTotal } from './vm-total.ts';

export interface RunAggregateOptions {
  /** Seconds kept as rows; default 900. */
  retainSeconds?: number;
  /** Newest seconds kept as histograms, which late exchanges still enter; default 60. */
  detailSeconds?: number;
  /** VMs kept apart; further ones are folded into `other`; default 64. */
  maxVms?: number;
}

/** Whole-run histograms of one VM; `layers` along LAYER_IDS. */
export interface VmTotals {
  readonly vm: string;
  readonly exchanges: number;
  readonly errors: number;
  readonly layers: readonly ExponentialHistogram[];
  /** Of requests. */
  readonly endToEnd: ExponentialHistogram;
  readonly vnicRoundTrip: ExponentialHistogram;
  /** Exchanges of each class, and the whole time of each, along CLASSES. */
  readonly classes: readonly number[];
  readonly endToEndOf: readonly ExponentialHistogram[];
  readonly tcp: Readonly<TcpTotals>;
}

export interface AggregateCounts {
  exchanges: number;
  /** Exchanges with all stations stamped. */
  complete: number;
  /** Answered with a status of 500 or more. */
  errors: number;
  /** In the totals, but too late for the row of their second. */
  late: number;
  /** Exchanges of VMs beyond maxVms, in `other`. */
  folded: number;
}

export const OTHER_VMS = 'other';
const UNKNOWN_VM = 'unknown';
/** From so many on it takes less to merge a histogram of them than to count them twice. */
const MANY_ROWS = 512;

/** One run's numbers: per VM, layer and second for the last minutes, and per VM and layer as a whole. */
export class RunAggregate {
  readonly #seconds: SecondRing;
  readonly #totals = new Map<string, VmTotal>();
  readonly #maxVms: number;
  readonly #many = new SeriesSet();
  readonly #counts: AggregateCounts = { exchanges: 0, complete: 0, errors: 0, late: 0, folded: 0 };
  #version = 0;

  constructor(options: RunAggregateOptions = {}) {
    this.#seconds = new SecondRing(options.retainSeconds ?? 900, options.detailSeconds ?? 60);
    this.#maxVms = options.maxVms ?? 64;
  }

  /** Take in rows [from, to) whose layers are derived; `vmNames[columns.vm[row]]` names the VM. */
  add(columns: PathColumns, from: number, to: number, vmNames: readonly string[]): void {
    if (to <= from) return;
    this.#version++;
    for (let at = from; at < to; ) {
      const end = alikeEnd(columns, at, to);
      this.#addAlike(columns, at, end, this.#fold(vmNames[columns.vm[at]!] ?? UNKNOWN_VM, end - at));
      at = end;
    }
  }

  /** Rows [from, to) of one VM, second and class. */
  #addAlike(columns: PathColumns, from: number, to: number, vm: string): void {
    const total = this.#totals.get(vm) ?? new VmTotal();
    this.#totals.set(vm, total);
    const { errors } = total.series;
    const second = this.#seconds.open(wallSecond(columns, from), vm, this.#version);
    this.#count(columns, from, to, second === null ? [total.series] : [total.series, second]);
    this.#counts.complete += total.note(columns, from, to);
    this.#counts.exchanges += to - from;
    this.#counts.errors += total.series.errors - errors;
    if (second === null) this.#counts.late += to - from;
  }

  /** Many rows are looked at once, and what they come to is merged, which is exact. */
  #count(columns: PathColumns, from: number, to: number, into: readonly SeriesSet[]): void {
    if (to - from < MANY_ROWS) {
      for (const set of into) set.add(columns, from, to);
      return;
    }
    this.#many.clear();
    this.#many.add(columns, from, to);
    for (const set of into) set.merge(this.#many);
  }

  /** What an agent says about the stretch (fromMs, toMs] of a VM, wall-clock ms; beside its seconds from then on. */
  contend(vm: string, fromMs: number, toMs: number, report: ContentionReport): void {
    const total = this.#totals.get(vm);
    if (total === undefined || vm === OTHER_VMS) return;
    total.contend(report, toMs - fromMs);
    if (this.#seconds.contend(vm, fromMs, toMs, report, this.#version + 1)) this.#version++;
  }

  #fold(vm: string, exchanges: number): string {
    if (this.#totals.has(vm) || this.#totals.size < this.#maxVms) return vm;
    this.#counts.folded += exchanges;
    return OTHER_VMS;
  }

  /** Rises with every add: give it to `changedSince` the next time. */
  get version(): number {
    return this.#version;
  }

  /** Rows of the seconds that changed after `version`, oldest first; changedSince(0) is all that is kept. */
  changedSince(version: number): SecondRow[] {
    return this.#seconds.rows(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, version);
  }

  /** The same of all VMs together, as ALL_VMS; none where there is one VM, which is all. */
  changedOfAll(version: number): SecondRow[] {
    if (!this.#hasSeveral) return [];
    return this.#seconds.wholeRows(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, version);
  }

  /** Rows with fromS ≤ t < toS (wall seconds), oldest first: of each VM, of one, or of all together as ALL_VMS. */
  series(fromS: number, toS: number, vm?: string): SecondRow[] {
    if (vm === ALL_VMS) return this.#seconds.wholeRows(fromS, toS, 0);
    const rows = this.#seconds.rows(fromS, toS, 0);
    return vm === undefined ? rows : rows.filter((row) => row.vm === vm);
  }

  /**
   * The last `seconds` up to and including wall second `endS` (default: the
   * newest seen) taken together, one row per VM. At most detailSeconds.
   */
  recent(seconds: number, endS = this.#seconds.newest ?? 0): LayerRow[] {
    const sets = this.#seconds.merged(endS - seconds + 1, endS + 1);
    return [...sets].map(([vm, set]) => set.toRow(vm)).sort((a, b) => (a.vm < b.vm ? -1 : 1));
  }

  /** The same of all VMs together, as ALL_VMS; none where there is one VM, or nothing came in that time. */
  recentOfAll(seconds: number, endS = this.#seconds.newest ?? 0): LayerRow[] {
    const sets = this.#seconds.merged(endS - seconds + 1, endS + 1);
    if (!this.#hasSeveral || sets.size === 0) return [];
    const whole = new SeriesSet();
    for (const set of sets.values()) whole.merge(set);
    return [whole.toRow(ALL_VMS)];
  }

  /** The whole run, all VMs together: a copy. */
  whole(): VmTotal {
    const whole = new VmTotal();
    for (const total of this.#totals.values()) whole.merge(total);
    return whole;
  }

  /** The whole run, VM by VM: live objects, read, do not change. */
  get byVm(): ReadonlyMap<string, VmTotal> {
    return this.#totals;
  }

  /** Whole-run histograms per VM, live objects: read, do not change. */
  totals(): VmTotals[] {
    return [...this.#totals].map(([vm, { series }]) => {
      const { exchanges, errors, layers, endToEnd, vnicRoundTrip, classes, endToEndOf, tcp } = series;
      return { vm, exchanges, errors, layers, endToEnd, vnicRoundTrip, classes, endToEndOf, tcp };
    });
  }

  get #hasSeveral(): boolean {
    return this.#totals.size > 1;
  }

  /** Names of the VMs seen, in order of appearance. */
  get vms(): string[] {
    return [...this.#totals.keys()];
  }

  get counts(): AggregateCounts {
    return { ...this.#counts };
  }
}
