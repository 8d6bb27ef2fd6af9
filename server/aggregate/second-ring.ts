import { ALL_VMS } from '../wire/machine-views.ts';
import type { SecondRow } from '../wire/views.ts';
import { type ContentionReport, ContentionRing, contentionOfAll } from './contention.ts';
import { SeriesSet } from './series-set.ts';

/** One second of one VM: histograms while it may still change, then only its row. */
interface Cell {
  version: number;
  set: SeriesSet | null;
  row: SecondRow | null;
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
  /** Wall second → all its VMs together, as of a version. */
  readonly #wholes = new Map<number, { version: number; row: SecondRow }>();
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

  /** What is to be counted in a wall second of a VM; null when that second is closed already. */
  open(t: number, vm: string, version: number): SeriesSet | null {
    if (!(t > this.#newest - this.#detailSeconds)) return null;
    if (t > this.#newest) this.#advance(t);
    const cell = this.#cell(t, vm);
    cell.row = null;
    cell.version = version;
    return cell.set!;
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
      if (t <= newest - this.#retainSeconds) this.#forget(t);
      else if (t <= newest - this.#detailSeconds) this.#closeAll(t, cells);
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

  /** The same of all VMs together, as {@link ALL_VMS}: quantiles of VMs do not give that of all. */
  wholeRows(from: number, to: number, version: number): SecondRow[] {
    const found: SecondRow[] = [];
    for (const [t, cells] of this.#seconds) {
      if (t < from || t >= to) continue;
      if ([...cells.values()].some((cell) => cell.version > version)) found.push(this.#wholeOf(t, cells));
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

  #wholeOf(t: number, cells: ReadonlyMap<string, Cell>): SecondRow {
    const version = Math.max(...[...cells.values()].map((cell) => cell.version));
    const known = this.#wholes.get(t);
    if (known?.version === version) return known.row;
    const set = new SeriesSet();
    for (const cell of cells.values()) if (cell.set) set.merge(cell.set);
    const told = [...cells.keys()].map((vm) => this.#contention.of(t, vm));
    const row = { t, ...set.toRow(ALL_VMS), ...contentionOfAll(told) };
    this.#wholes.set(t, { version, row });
    return row;
  }

  #forget(t: number): void {
    this.#seconds.delete(t);
    this.#wholes.delete(t);
  }

  #closeAll(t: number, cells: ReadonlyMap<string, Cell>): void {
    if ([...cells.values()].every(({ set }) => set === null)) return;
    this.#wholeOf(t, cells);
    for (const [vm, cell] of cells) this.#close(t, vm, cell);
  }

  #close(t: number, vm: string, cell: Cell): void {
    if (!cell.set) return;
    this.#rowOf(t, vm, cell);
    cell.set = null;
  }
}
