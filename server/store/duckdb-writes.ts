/** Changes to the database of stored paths, each all or nothing. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Batch } from './duckdb-messages.ts';
import { inTransaction } from './duckdb-transaction.ts';
import type { PathWriter } from './path-writer.ts';
import type { StoredRun } from './store.ts';
import { PATH_TABLES, RUN_TABLES } from './stored-table.ts';

export async function writeBatch(connection: DuckDBConnection, paths: PathWriter, batch: Batch): Promise<void> {
  const { rows, vmNames, replaced, redoFrom, runs } = batch;
  await changed(connection, paths, async () => {
    if (redoFrom !== null) await deletePaths(connection, 'number >= $1::BIGINT', redoFrom);
    for (const number of replaced) await deletePaths(connection, 'number = $1::BIGINT', number);
    if (rows.columns.count > 0) await paths.write(rows, vmNames);
    for (const run of runs) await writeRun(connection, run);
  });
}

/** All of it or nothing. */
async function changed(connection: DuckDBConnection, paths: PathWriter, work: () => Promise<void>): Promise<void> {
  try {
    await inTransaction(connection, work);
  } catch (error) {
    paths.forget();
    throw error;
  }
}

/** @param which a condition on $1 */
async function deletePaths(connection: DuckDBConnection, which: string, value: number | string): Promise<void> {
  for (const table of PATH_TABLES) await connection.run(`DELETE FROM ${table} WHERE ${which}`, [value]);
}

async function writeRun(connection: DuckDBConnection, run: StoredRun): Promise<void> {
  const { id, name, startedMs, endedMs, summary } = run;
  await connection.run('DELETE FROM runs WHERE id = $1', [id]);
  await connection.run('INSERT INTO runs VALUES ($1, $2, $3::DOUBLE, $4::DOUBLE, $5)', [
    id,
    name,
    startedMs,
    endedMs,
    JSON.stringify(summary),
  ]);
}

export async function forgetRun(connection: DuckDBConnection, paths: PathWriter, run: string): Promise<void> {
  await changed(connection, paths, async () => {
    const which = 'run = (SELECT id FROM names WHERE name = $1)';
    await deletePaths(connection, which, run);
    for (const table of RUN_TABLES) await connection.run(`DELETE FROM ${table} WHERE ${which}`, [run]);
    await connection.run('DELETE FROM runs WHERE id = $1', [run]);
  });
  // Its numbers may be given again.
  paths.forget();
}
