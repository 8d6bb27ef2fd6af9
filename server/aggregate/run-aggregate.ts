import { isComplete } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { CLASSES } from '../wire/record.ts';
import { DETAILS, LAYER_IDS, LAYERS, type LayerId } from '../wire/stations.ts';
import type { ClassSummary, LayerRow, LayerSummary, Quantiles, SecondRow, TcpTotals } from '../wire/views.ts';
import type { ContentionReport } from './contention.ts';
import type { ExponentialHistogram } from './histogram.ts';
import { SecondRing, wallSecond } from './second-ring.ts';
import { quantilesOf, SeriesSet } from './series-set.ts';

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
const REQUEST = CLASSES.indexOf('request');
const PART_OF: readonly (LayerId | null)[] = LAYER_IDS.map((id) => DETAILS.find((d) => d.layer === id)?.of ?? null);
/** Indices into LAYER_IDS. */
const CROSSING = LAYERS.filter(({ clock }) => clock === 'crosses').map(({ layer }) => LAYER_IDS.indexOf(layer));

/** One run's numbers: per VM, layer and second for the last minutes, and per VM and layer as a whole. */
export class RunAggregate {
  readonly #seconds: SecondRing;
  readonly #totals = new Map<string, SeriesSet>();
  readonly #maxVms: number;
  /** Largest bound seen of each layer that crosses clocks, along LAYER_IDS; NaN before a clock. */
  readonly #bounds = new Float64Array(LAYER_COUNT).fill(Number.NaN);
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
      const end = sameEnd(columns, at, to);
      this.#addAlike(columns, at, end, this.#fold(vmNames[columns.vm[at]!] ?? UNKNOWN_VM, end - at));
      at = end;
    }
  }

  /** Rows [from, to) of one VM, second and class. */
  #addAlike(columns: PathColumns, from: number, to: number, vm: string): void {
    const total = this.#totals.get(vm) ?? new SeriesSet();
    this.#totals.set(vm, total);
    const errors = total.errors;
    total.add(columns, from, to);
    this.#counts.exchanges += to - from;
    this.#counts.errors += total.errors - errors;
    for (let row = from; row < to; row++) if (isComplete(columns, row)) this.#counts.complete++;
    if (!this.#seconds.add(columns, from, to, vm, this.#version)) this.#counts.late += to - from;
    if (columns.class[from] !== REQUEST) return;
    for (let row = from; row < to; row++) this.#keepBounds(columns, row);
  }

  /** What an agent says about the stretch (fromMs, toMs] of a VM, wall-clock ms; beside its seconds from then on. */
  contend(vm: string, fromMs: number, toMs: number, report: ContentionReport): void {
    if (!this.#totals.has(vm) || vm === OTHER_VMS) return;
    if (this.#seconds.contend(vm, fromMs, toMs, report, this.#version + 1)) this.#version++;
  }

  #fold(vm: string, exchanges: number): string {
    if (this.#totals.has(vm) || this.#totals.size < this.#maxVms) return vm;
    this.#counts.folded += exchanges;
    return OTHER_VMS;
  }

  #keepBounds(columns: PathColumns, row: number): void {
    for (const i of CROSSING) {
      if (Number.isNaN(columns.layers[row * LAYER_COUNT + i]!)) continue;
      const bound = columns.bound[row]!;
      if (bound > this.#bounds[i]! || Number.isNaN(this.#bounds[i]!)) this.#bounds[i] = bound;
    }
  }

  /** Rises with every add: give it to `changedSince` the next time. */
  get version(): number {
    return this.#version;
  }

  /** Rows of the seconds that changed after `version`, oldest first; changedSince(0) is all that is kept. */
  changedSince(version: number): SecondRow[] {
    return this.#seconds.rows(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, version);
  }

  /** Rows with fromS ≤ t < toS (wall seconds), oldest first. */
  series(fromS: number, toS: number): SecondRow[] {
    return this.#seconds.rows(fromS, toS, 0);
  }

  /**
   * The last `seconds` up to and including wall second `endS` (default: the
   * newest seen) taken together, one row per VM. At most detailSeconds.
   */
  recent(seconds: number, endS = this.#seconds.newest ?? 0): LayerRow[] {
    const sets = this.#seconds.merged(endS - seconds + 1, endS + 1);
    return [...sets].map(([vm, set]) => set.toRow(vm)).sort((a, b) => (a.vm < b.vm ? -1 : 1));
  }

  /** Every layer over the whole run and all VMs, along LAYER_IDS. */
  layerSummaries(): LayerSummary[] {
    const { layers } = this.#whole();
    return LAYER_IDS.map((layer, i) => ({
      layer,
      of: PART_OF[i]!,
      ...quantilesOf(layers[i]!),
      bound: this.#boundOf(i),
    }));
  }

  /** Over the whole run and all VMs, along CLASSES. */
  classSummaries(): ClassSummary[] {
    return this.#whole().classSummaries();
  }

  #boundOf(layer: number): number | null {
    if (!CROSSING.includes(layer)) return 0;
    const bound = this.#bounds[layer]!;
    return Number.isNaN(bound) ? null : bound;
  }

  /** What TCP did under all exchanges, of every class. */
  tcp(): TcpTotals {
    return this.#whole().tcp;
  }

  endToEnd(): Quantiles {
    return quantilesOf(this.#whole().endToEnd);
  }

  /** vnic.in + vnic.out: clock-free. */
  vnicRoundTrip(): Quantiles {
    return quantilesOf(this.#whole().vnicRoundTrip);
  }

  #whole(): SeriesSet {
    const whole = new SeriesSet();
    for (const total of this.#totals.values()) whole.merge(total);
    return whole;
  }

  /** Whole-run histograms per VM, live objects: read, do not change. */
  totals(): VmTotals[] {
    return [...this.#totals].map(([vm, set]) => {
      const { exchanges, errors, layers, endToEnd, vnicRoundTrip, classes, endToEndOf, tcp } = set;
      return { vm, exchanges, errors, layers, endToEnd, vnicRoundTrip, classes, endToEndOf, tcp };
    });
  }

  /** Names of the VMs seen, in order of appearance. */
  get vms(): string[] {
    return [...this.#totals.keys()];
  }

  get counts(): AggregateCounts {
    return { ...this.#counts };
  }
}

/** Where the rows end that are of the same VM, second and class as row `from`. */
function sameEnd(columns: PathColumns, from: number, to: number): number {
  const second = wallSecond(columns, from);
  const { vm } = columns;
  let end = from + 1;
  while (
    end < to &&
    vm[end] === vm[from] &&
    columns.class[end] === columns.class[from] &&
    wallSecond(columns, end) === second
  ) {
    end++;
  }
  return end;
}
