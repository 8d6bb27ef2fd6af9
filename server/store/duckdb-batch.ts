/** What one commit brings into the database. */
import { randomInt } from 'node:crypto';
import type { Amended } from './amended-rows.ts';
import type { Batch } from './duckdb-messages.ts';
import type { DuckDbMinutes } from './duckdb-minutes.ts';
import type { MemoryStore } from './memory.ts';
import type { StoredRun } from './store.ts';
import { addRows, type StoredRows, storedRows } from './stored-rows.ts';

/** A commit that failed may be in the file all the same: where it began, and what it was called. */
export interface Doubt {
  from: number;
  id: number;
}

/** Beside the rows that are new. */
export interface Changes {
  /** By number. */
  amended: ReadonlyMap<number, Amended>;
  saved: ReadonlyMap<string, StoredRun>;
  minutes: DuckDbMinutes;
}

export interface BatchPlan {
  /** Numbers of its new rows, [first, next). */
  first: number;
  next: number;
  doubt: Doubt | null;
  /** What the vm of a row is called, by index. */
  vmNames: readonly string[];
  emptyRows: (atLeast: number) => StoredRows;
}

/** The new rows, and all changes. */
export function batchOf(
  memory: MemoryStore,
  { amended, saved, minutes }: Changes,
  { first, next, doubt, vmNames, emptyRows }: BatchPlan,
): Batch {
  const replaced = [...amended].filter(([number]) => number < (doubt?.from ?? first));
  const rows = emptyRows(next - first + replaced.length);
  const before = storedRows(replaced.length);
  memory.copyNewest(first, next, rows);
  for (const [number, one] of replaced) {
    addRows(rows, one.run, number, one.columns, 0, 1);
    addRows(before, one.run, number, one.before, 0, 1);
  }
  return {
    ...{ id: doubt?.id ?? randomInt(2 ** 47), next, rows, before, vmNames },
    ...{ replaced: replaced.map(([number]) => number), redoFrom: doubt?.from ?? null },
    ...{ runs: [...saved.values()], minutes: minutes.takeWaiting(), leftOut: minutes.leftOut },
  };
}
