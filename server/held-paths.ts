/** Paths that wait a moment for what a later one will tell: bounded in number and in time. */
import { type PathColumns, pathColumns } from './join/paths.ts';
import { copyRows } from './join/rows.ts';

export const HELD_PATHS = 1024;
export const HELD_MS = 1_000;

export class HeldPaths {
  readonly #columns = pathColumns(HELD_PATHS);
  readonly #sinceMs = new Float64Array(HELD_PATHS);
  readonly #sinceTick = new Float64Array(HELD_PATHS);
  /** Paths that had to go on without waiting because too many did. */
  crowded = 0;

  /** The tick in which the oldest row was taken out; infinity where none waits. */
  get oldestTick(): number {
    return this.#columns.count === 0 ? Number.POSITIVE_INFINITY : (this.#sinceTick[0] as number);
  }

  /** Take the rows out of `columns` for which `waits` holds. */
  hold(columns: PathColumns, waits: (columns: PathColumns, row: number) => boolean, nowMs: number, tick: number): void {
    let kept = 0;
    let from = 0;
    for (let row = 0; row < columns.count; row++) {
      if (!waits(columns, row) || !this.#hold(columns, row, nowMs, tick)) continue;
      kept = closeUp(columns, from, row, kept);
      from = row + 1;
    }
    kept = closeUp(columns, from, columns.count, kept);
    columns.count = kept;
  }

  #hold(columns: PathColumns, row: number, nowMs: number, tick: number): boolean {
    const held = this.#columns;
    if (held.count === HELD_PATHS) {
      this.crowded++;
      return false;
    }
    this.#sinceMs[held.count] = nowMs;
    this.#sinceTick[held.count] = tick;
    copyRows(columns, row, held, held.count++, 1);
    return true;
  }

  /** Append to `out` the rows that need not wait any more, or have waited long enough, as many as it has room for. */
  release(out: PathColumns, waits: (columns: PathColumns, row: number) => boolean, nowMs: number): void {
    const held = this.#columns;
    let kept = 0;
    for (let row = 0; row < held.count; row++) {
      const over = nowMs - (this.#sinceMs[row] as number) >= HELD_MS || !waits(held, row);
      if (over && out.count < out.capacity) copyRows(held, row, out, out.count++, 1);
      else {
        this.#sinceMs[kept] = this.#sinceMs[row] as number;
        this.#sinceTick[kept] = this.#sinceTick[row] as number;
        if (kept !== row) copyRows(held, row, held, kept, 1);
        kept++;
      }
    }
    held.count = kept;
  }
}

/** Move rows [from, to) to row `at`, all at once: moved one by one they would cost more than their join. @returns where they end */
function closeUp(columns: PathColumns, from: number, to: number, at: number): number {
  if (at !== from) copyRows(columns, from, columns, at, to - from);
  return at + to - from;
}
