import type { PathColumns } from '../join/paths.ts';
import type { SecondRow } from '../wire/views.ts';
import { type ContentionReport, ContentionRing } from './contention.ts';
import { SeriesSet } from './series-set.ts';

/** One second of one VM: histograms while it may still change, then only its row. */
interface Cell {
  version: number;
  set: SeriesSet | null;
  row: SecondRow | null;
}

/** The wall second that an exchange is counted in. */
export function wallSecond({ atMs }: PathColumns, row: number): number {
  return Math.floor(atMs[row]! / 1000);
}

/**
 * The last seconds of all VMs. Memory is bounded by `detailSeconds` of
 * histograms and `retainSeconds` of rows, counted from the newest second seen.
 */
export class SecondRing {
  readonly #retainSeconds: number;
  readonly #detailSeconds: number;
  /** Wall second → VM → cell; insertion order is not time order. */
  readonly #seconds = new Map<number, Map<string, Cell>>();
  readonly #contention: ContentionRing;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(retainSeconds: number, detailSeconds: number) {
    this.#retainSeconds = retainSeconds;
    this.#detailSeconds = detailSeconds;
    this.#contention = new ContentionRing(retainSeconds);
  }

  /** The newest wall second with an exchange, or null. */
  get newest(): number | null {
    return this.#newest === Number.NEGATIVE_INFINITY ? null : this.#newest;
  }

  /** Take in rows [from, to) of one wall second and class; false when that second is closed already. */
  add(columns: PathColumns, from: number, to: number, vm: string, version: number): boolean {
    const t = wallSecond(columns, from);
    if (!(t > this.#newest - this.#detailSeconds)) return false;
    if (t > this.#newest) this.#advance(t);
    const cell = this.#cell(t, vm);
    cell.set!.add(columns, from, to);
    cell.row = null;
    cell.version = version;
    return true;
  }

  /** Put what an agent says about (fromMs, toMs] beside the VM's seconds; true when a row changed. */
  contend(vm: string, fromMs: number, toMs: number, report: ContentionReport, version: number): boolean {
    let changed = false;
    for (const t of this.#contention.report(vm, fromMs, toMs, report)) {
      const cell = this.#seconds.get(t)?.get(vm);
      if (!cell?.set) continue;
      cell.row = null;
      cell.version = version;
      changed = true;
    }
    return changed;
  }

  #cell(t: number, vm: string): Cell {
    let cells = this.#seconds.get(t);
    if (!cells) {
      cells = new Map();
      this.#seconds.set(t, cells);
    }
    let cell = cells.get(vm);
    if (!cell) {
      cell = { version: 0, set: new SeriesSet(), row: null };
      cells.set(vm, cell);
    }
    return cell;
  }

  #advance(newest: number): void {
    this.#newest = newest;
    for (const [t, cells] of this.#seconds) {
      if (t <= newest - this.#retainSeconds) this.#seconds.delete(t);
      else if (t <= newest - this.#detailSeconds) for (const [vm, cell] of cells) this.#close(t, vm, cell);
    }
  }

  /** Rows with from ≤ t < to that changed after `version`, oldest first. */
  rows(from: number, to: number, version: number): SecondRow[] {
    const found: SecondRow[] = [];
    for (const [t, cells] of this.#seconds) {
      if (t < from || t >= to) continue;
      for (const [vm, cell] of cells) if (cell.version > version) found.push(this.#rowOf(t, vm, cell));
    }
    return found.sort((a, b) => a.t - b.t);
  }

  /** Each VM's seconds with from ≤ t < to taken together; closed seconds have no detail left and stay out. */
  merged(from: number, to: number): Map<string, SeriesSet> {
    const sets = new Map<string, SeriesSet>();
    for (const [t, cells] of this.#seconds) {
      if (t < from || t >= to) continue;
      for (const [vm, { set }] of cells) {
        if (!set) continue;
        const into = sets.get(vm) ?? new SeriesSet();
        into.merge(set);
        sets.set(vm, into);
      }
    }
    return sets;
  }

  #rowOf(t: number, vm: string, cell: Cell): SecondRow {
    cell.row ??= { t, ...cell.set!.toRow(vm), ...this.#contention.of(t, vm) };
    return cell.row;
  }

  #close(t: number, vm: string, cell: Cell): void {
    if (!cell.set) return;
    this.#rowOf(t, vm, cell);
    cell.set = null;
  }
}
