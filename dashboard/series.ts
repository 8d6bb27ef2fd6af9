/**
 * Rows of seconds become columns for the charts. Rows replace those of the
 * same (t, vm); what is older than 15 minutes is forgotten. Pure: the page's
 * time is given.
 */
import { LAYER_IDS, LAYERS } from '../server/wire/stations.ts';
import type { LayerRow, SecondRow } from '../server/wire/views.ts';

/** As far back as the page looks, in seconds. */
export const RETAIN_S = 900;

export const QUANTILES = ['p50', 'p90', 'p99'] as const;
export type QuantileName = (typeof QUANTILES)[number];

/** One VM, one quantile: arrays of the same length, one entry per second, oldest first. */
export interface Columns {
  /** Wall-clock seconds, without holes; the middle of each step where that is longer. */
  t: number[];
  /** Seconds from one entry to the next. */
  stepS: number;
  /** Along LAYER_IDS: ns; NaN where the second or the layer has no value. */
  layers: number[][];
  /** ns; NaN where not measured. */
  endToEnd: number[];
  /** Exchanges of all classes, those that are requests, and errors per second; NaN where the second is missing. */
  count: number[];
  requests: number[];
  errors: number[];
  /** How much the CPUs were asked for; NaN where nobody told. */
  pressure: Record<PressureName, number[]>;
}

/** Shares 0..1 of a second: waits for a CPU, of the VM and of the machines. */
export const PRESSURES = ['steal', 'vcpuDelay', 'hostPressure', 'guestPressure'] as const;
export type PressureName = (typeof PRESSURES)[number];

const PRESSURE_OF: Record<PressureName, (row: SecondRow) => number | null | undefined> = {
  steal: (row) => row.steal,
  vcpuDelay: (row) => row.vcpuDelay,
  hostPressure: (row) => row.cpuPressure?.host,
  guestPressure: (row) => row.cpuPressure?.guest,
};

/** The seconds of every VM in view; bounded in time by {@link RETAIN_S}. */
export class LiveSeries {
  readonly #byVm = new Map<string, SecondRow[]>();

  /** Takes rows in any order; each replaces the row of its (t, vm). */
  apply(rows: readonly SecondRow[]): void {
    for (const row of rows) {
      const list = this.#byVm.get(row.vm) ?? [];
      this.#byVm.set(row.vm, list);
      place(list, row);
    }
    this.#forget();
  }

  clear(): void {
    this.#byVm.clear();
  }

  get vms(): string[] {
    return [...this.#byVm.keys()];
  }

  /** Columns of `vm` for the seconds fromS ≤ t < toS, never more than {@link RETAIN_S} of them. */
  columns(vm: string, quantile: QuantileName, fromS: number, toS: number): Columns {
    const rows = (this.#byVm.get(vm) ?? []).filter((row) => row.t >= fromS && row.t < toS);
    return toColumns(rows, quantile);
  }

  #forget(): void {
    let newest = Number.NEGATIVE_INFINITY;
    for (const list of this.#byVm.values()) newest = Math.max(newest, list.at(-1)?.t ?? newest);
    for (const [vm, list] of this.#byVm) {
      const keep = list.findIndex((row) => row.t > newest - RETAIN_S);
      if (keep < 0) this.#byVm.delete(vm);
      else if (keep > 0) list.splice(0, keep);
    }
  }
}

/** Rows mostly come newest last, so the place is looked for from the end. */
function place(list: SecondRow[], row: SecondRow): void {
  let at = list.length;
  while (at > 0 && list[at - 1]!.t > row.t) at--;
  if (at > 0 && list[at - 1]!.t === row.t) list[at - 1] = row;
  else list.splice(at, 0, row);
}

function emptyColumns(): Columns {
  const pressure = { steal: [], vcpuDelay: [], hostPressure: [], guestPressure: [] };
  return {
    t: [],
    stepS: 1,
    layers: LAYER_IDS.map(() => []),
    endToEnd: [],
    count: [],
    requests: [],
    errors: [],
    pressure,
  };
}

/** Seconds between two rows that are missing become NaN, so that no line is drawn across them. */
function toColumns(rows: readonly SecondRow[], quantile: QuantileName): Columns {
  const columns = emptyColumns();
  let next = rows[0]?.t ?? 0;
  for (const row of rows) {
    while (next < row.t) push(columns, next++, undefined, quantile);
    push(columns, row.t, row, quantile);
    next = row.t + 1;
  }
  return columns;
}

function push(columns: Columns, t: number, row: SecondRow | undefined, quantile: QuantileName): void {
  columns.t.push(t);
  columns.count.push(row?.count ?? Number.NaN);
  columns.requests.push(row?.classes[0] ?? Number.NaN);
  columns.errors.push(row?.errors ?? Number.NaN);
  columns.endToEnd.push(row?.endToEnd[quantile] ?? Number.NaN);
  for (const name of PRESSURES) columns.pressure[name].push((row && PRESSURE_OF[name](row)) ?? Number.NaN);
  for (const [i, values] of columns.layers.entries()) values.push(row?.[quantile][i] ?? Number.NaN);
}

/** Requests per second over the last `seconds` of `complete`; null before there is one. */
export function requestRate(complete: Columns, seconds = 5): number | null {
  const counts = complete.requests.slice(-seconds);
  if (counts.length === 0) return null;
  return counts.reduce((sum, count) => sum + (Number.isNaN(count) ? 0 : count), 0) / counts.length;
}

/** Mean of the last `seconds` values that are there; null where none is. */
export function meanOfLast(values: readonly number[], seconds: number): number | null {
  const present = values.slice(-seconds).filter((value) => !Number.isNaN(value));
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}

/** Rows of a second still arrive for a moment after it ended: the joiner drains five times a second. */
export function isComplete(tS: number, nowMs: number): boolean {
  return nowMs >= (tS + 1) * 1000 + 500;
}

/** The columns up to the newest second that is over: the one still filling would look like a drop in rate. */
export function completeColumns(columns: Columns, nowMs: number): Columns {
  const end = columns.t.findLastIndex((t) => isComplete(t, nowMs)) + 1;
  return {
    t: columns.t.slice(0, end),
    stepS: columns.stepS,
    layers: columns.layers.map((values) => values.slice(0, end)),
    endToEnd: columns.endToEnd.slice(0, end),
    count: columns.count.slice(0, end),
    requests: columns.requests.slice(0, end),
    errors: columns.errors.slice(0, end),
    pressure: {
      steal: columns.pressure.steal.slice(0, end),
      vcpuDelay: columns.pressure.vcpuDelay.slice(0, end),
      hostPressure: columns.pressure.hostPressure.slice(0, end),
      guestPressure: columns.pressure.guestPressure.slice(0, end),
    },
  };
}

/**
 * Share of each layer (along LAYER_IDS) in the mean end-to-end time. Means are
 * used for every quantile because they add up: quantiles of layers do not.
 * Parts of layers have a share, too, and are in no sum.
 */
export function shares(row: LayerRow): (number | null)[] {
  const means = LAYER_IDS.map((_, i) => row.mean[i] ?? null);
  const total = LAYERS.reduce((sum, l) => sum + (means[LAYER_IDS.indexOf(l.layer)] ?? 0), 0);
  return means.map((mean, i) => (mean === null || total <= 0 || i === 0 ? null : mean / total));
}
