import { pathColumns } from '../join/paths.ts';
import { copyRows } from '../join/rows.ts';
import type { FoundRows } from './duckdb-messages.ts';
import type { VmNames } from './duckdb-options.ts';
import { rowRank } from './path-order.ts';
import type { PathQuery, StoredPaths } from './store.ts';

/** What the file answered, with its VMs by the indices of this process. */
export function foundPaths(run: string, { columns, numbers, vmNames }: FoundRows, vms: VmNames): StoredPaths {
  const indices = vmNames.map((name) => vms.named(name));
  for (let row = 0; row < columns.count; row++) columns.vm[row] = indices[columns.vm[row] as number] as number;
  return { columns, ids: Array.from(numbers, (number) => `${run}.${number}`), runs: Array.from(numbers, () => run) };
}

/** What two places answered to one query, as one answer: what both have is taken from the first. */
export function mergedPaths(query: PathQuery, first: StoredPaths, second: StoredPaths): StoredPaths {
  const known = new Set(first.ids);
  const rank = rowRank(query);
  const all = [...placesOf(first, rank), ...placesOf(second, rank).filter(({ id }) => !known.has(id))];
  all.sort((a, b) => b.rank - a.rank);
  const best = all.slice(0, query.limit);
  const columns = pathColumns(best.length);
  best.forEach(({ stored, row }, at) => {
    copyRows(stored.columns, row, columns, at, 1);
  });
  columns.count = best.length;
  return { columns, ids: best.map(({ id }) => id), runs: best.map(({ stored, row }) => stored.runs[row] as string) };
}

function placesOf(stored: StoredPaths, rank: ReturnType<typeof rowRank>) {
  return stored.ids.map((id, row) => ({ stored, row, id, rank: rank(stored.columns, row, numberOf(id)) }));
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}
