/** Which rows of a file's tables are of a stretch of time, by a column that is known for all rows of a group at once. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Between } from './end-to-end-rows.ts';
import { TICKS_PER_MS } from './packed-rows.ts';
import type { PathFilter } from './path-filter.ts';
import { PATH_TABLES, type PathTable } from './stored-table.ts';

type Within = NonNullable<PathFilter['within']>;

/** What holds for the rows of one of the tables that began in [fromMs, toMs). */
export function beganWithin(table: PathTable, within: Within): string {
  const [from, to] = [within.fromMs * TICKS_PER_MS, within.toMs * TICKS_PER_MS];
  // Only a long row's time may lie between two ticks.
  if (table === 'long_paths') return `ticks >= ${from}::DOUBLE AND ticks < ${to}::DOUBLE`;
  return `ticks >= ${Math.ceil(from)} AND ticks < ${Math.ceil(to)}`;
}

/** Rows come about in the order of time: what lies between these numbers is known for all rows of a group at once. */
export async function numbersWithin(connection: DuckDBConnection, within: Within): Promise<Between> {
  const rows = PATH_TABLES.map((table) => `SELECT number FROM ${table} WHERE ${beganWithin(table, within)}`);
  const ends = `SELECT min(number)::DOUBLE, max(number)::DOUBLE FROM (${rows.join(' UNION ALL ')})`;
  const [from, to] = (await connection.runAndReadAll(ends)).getRowsJS()[0] as [number | null, number | null];
  return { from: from ?? 0, to: to ?? -1 };
}
