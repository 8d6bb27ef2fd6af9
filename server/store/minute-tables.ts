/**
 * Minutes of objectives in the database. A commit brings what its rows add,
 * in one transaction with them; later that is merged, minute by minute.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Counts, TALLIES } from '../slo/indicator.ts';
import type { MinuteCounts } from '../slo/minute-counts.ts';

/** More than a year, for objectives of one. */
const KEEP_MINUTES = 400 * 24 * 60;
/** Rows of one statement. */
const MOST_ROWS = 100;

const NAMES = TALLIES.map((name) => `"${name}"`);
const COLUMNS = `series VARCHAR, minute BIGINT, ${NAMES.map((name) => `${name} BIGINT`).join(', ')}`;
const KEYS = `series, minute, ${NAMES.join(', ')}`;
export const MINUTE_TABLES = [
  `CREATE TABLE IF NOT EXISTS slo_parts (${COLUMNS}, batch BIGINT)`,
  `CREATE TABLE IF NOT EXISTS slo_minutes (${COLUMNS})`,
];

/** To be called in a transaction. */
export async function appendMinutes(
  connection: DuckDBConnection,
  minutes: readonly MinuteCounts[],
  batch: number,
): Promise<void> {
  for (let from = 0; from < minutes.length; from += MOST_ROWS) {
    const some = minutes.slice(from, from + MOST_ROWS);
    const rows = some.map(({ minute, counts }, i) => `($${i + 1}, ${minute}, ${[...counts].join(', ')}, ${batch})`);
    await connection.run(
      `INSERT INTO slo_parts VALUES ${rows.join(', ')}`,
      some.map(({ series }) => series),
    );
  }
}

/** To be called in a transaction, with no commit in doubt. */
export async function mergeMinutes(connection: DuckDBConnection): Promise<void> {
  const parts = await connection.runAndReadAll('SELECT 1 FROM slo_parts LIMIT 1');
  if (parts.currentRowCount === 0) return;
  const there = 'FROM slo_minutes WHERE (series, minute) IN (SELECT DISTINCT series, minute FROM slo_parts)';
  await connection.run(`INSERT INTO slo_parts SELECT ${KEYS}, 0 ${there}`);
  await connection.run(`DELETE ${there}`);
  await connection.run(`INSERT INTO slo_minutes ${summed('slo_parts')}`);
  await connection.run(`DELETE FROM slo_minutes WHERE minute < (SELECT max(minute) FROM slo_parts) - ${KEEP_MINUTES}`);
  await connection.run('DELETE FROM slo_parts');
}

export async function readSeriesNames(connection: DuckDBConnection): Promise<string[]> {
  const names = 'SELECT DISTINCT series FROM slo_minutes UNION SELECT DISTINCT series FROM slo_parts';
  return (await connection.runAndReadAll(names)).getRowsJS().map(([name]) => name as string);
}

/** All minutes of a series, oldest first. */
export async function readMinutes(connection: DuckDBConnection, series: string): Promise<MinuteCounts[]> {
  const all = `(SELECT ${KEYS} FROM slo_minutes WHERE series = $1 UNION ALL SELECT ${KEYS} FROM slo_parts WHERE series = $1)`;
  const found = await connection.runAndReadAll(`${summed(all)} ORDER BY minute`, [series]);
  return found.getRowsJS().map((row) => {
    const [, minute, ...counts] = row.map(Number) as [number, number, ...number[]];
    return { series, minute, counts: Float64Array.from(counts) satisfies Counts };
  });
}

function summed(from: string): string {
  const sums = NAMES.map((name) => `sum(${name})::BIGINT AS ${name}`);
  return `SELECT series, minute, ${sums.join(', ')} FROM ${from} GROUP BY series, minute`;
}
