import { pathColumns } from '../join/paths.ts';
import { copyRows } from '../join/rows.ts';
import type { PathQuery, StoredPaths } from './store.ts';

/** What two places answered to one query, as one answer: what both have is taken from the first. */
export function mergedPaths({ order, limit }: PathQuery, first: StoredPaths, second: StoredPaths): StoredPaths {
  const known = new Set(first.ids);
  const all = [...placesOf(first), ...placesOf(second).filter(({ id }) => !known.has(id))];
  all.sort(order === 'slowest' ? (a, b) => b.endToEnd - a.endToEnd : (a, b) => b.number - a.number);
  const best = all.slice(0, limit);
  const columns = pathColumns(best.length);
  best.forEach(({ stored, row }, at) => {
    copyRows(stored.columns, row, columns, at, 1);
  });
  columns.count = best.length;
  return { columns, ids: best.map(({ id }) => id), runs: best.map(({ stored, row }) => stored.runs[row] as string) };
}

function placesOf(stored: StoredPaths) {
  return stored.ids.map((id, row) => ({
    stored,
    row,
    id,
    number: Number(id.slice(id.lastIndexOf('.') + 1)),
    endToEnd: stored.columns.endToEnd[row] as number,
  }));
}
