import { isComplete } from './layers.ts';
import { type PathColumns, pathColumns } from './paths.ts';
import { RowWriter, type SourceClock } from './row-writer.ts';
import { copyRows } from './rows.ts';

/** Index into the VM table. */
export type VmOf = (hostSource: number, hostIfindex: number, guestSource: number) => number;

/** Rows of joined pairs until somebody drains them; bounded, a pair that finds no room is counted. */
export class RowQueue {
  readonly #rows: RowWriter;
  readonly #vmOf: VmOf;
  #pairs = 0;
  /** Rows at the front that were taken. */
  #drained = 0;
  joined = 0;
  /** Joined with all stations stamped. */
  complete = 0;
  overflow = 0;

  constructor(capacity: number, vmOf: VmOf) {
    this.#rows = new RowWriter(pathColumns(capacity));
    this.#vmOf = vmOf;
  }

  /** @returns the pair's ordinal, also where there was no room for its row */
  push(
    host: Uint32Array,
    hostAt: number,
    hostSource: SourceClock,
    guest: Uint32Array,
    guestAt: number,
    guestSource: SourceClock,
  ): number {
    const { columns } = this.#rows;
    const ordinal = this.#pairs++ >>> 0;
    if (columns.count === columns.capacity) this.#closeUp();
    if (columns.count === columns.capacity) {
      this.overflow++;
      return ordinal;
    }
    const row = columns.count++;
    this.#rows.write(row, host, hostAt, hostSource, guest, guestAt, guestSource);
    columns.ordinal[row] = ordinal;
    columns.vm[row] = this.#vmOf(hostSource.index, columns.tap[row]!, guestSource.index);
    this.joined++;
    if (isComplete(columns, row)) this.complete++;
    return ordinal;
  }

  get ready(): number {
    return this.#rows.columns.count - this.#drained;
  }

  /** Append waiting rows to `out`, as many as it has room for; returns how many. */
  drain(out: PathColumns): number {
    const { columns } = this.#rows;
    const rows = Math.min(this.ready, out.capacity - out.count);
    copyRows(columns, this.#drained, out, out.count, rows);
    out.count += rows;
    this.#drained += rows;
    if (this.ready === 0) this.#closeUp();
    return rows;
  }

  /** Waiting rows go to the front; not before there is need, for mostly none is left then. */
  #closeUp(): void {
    const { columns } = this.#rows;
    const { ready } = this;
    copyRows(columns, this.#drained, columns, 0, ready);
    columns.count = ready;
    this.#drained = 0;
  }
}
