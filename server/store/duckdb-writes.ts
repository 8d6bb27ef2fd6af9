/** Changes to the database of stored paths, each all or nothing. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Batch, PruneAnswer, PruneAsk } from './duckdb-messages.ts';
import { PathAppender } from './path-table.ts';
import { prune } from './retention.ts';
import { partsOf } from './roll-up-parts.ts';
import { appendParts, forgetRollUps, rollUpParts } from './roll-up-tables.ts';
import type { StoredRun } from './store.ts';
import { fieldsOf } from './stored-table.ts';

export async function writeBatch(connection: DuckDBConnection, batch: Batch): Promise<null> {
  const { id, next, rows, before, vmNames, replaced, redoFrom, runs } = batch;
  const parts = [...partsOf(rows, vmNames, false), ...partsOf(before, vmNames, true)];
  await inTransaction(connection, async () => {
    if (redoFrom !== null) await undo(connection, id, redoFrom);
    for (const number of replaced) await connection.run('DELETE FROM paths WHERE number = $1::BIGINT', [number]);
    const appender = new PathAppender(connection, 'paths', fieldsOf(rows));
    if (rows.columns.count > 0) await appender.append(rows.columns, 0, rows.columns.count, vmNames);
    if (parts.length > 0) await appendParts(connection, parts, next - 1, id);
    for (const run of runs) await writeRun(connection, run);
  });
  return null;
}

async function undo(connection: DuckDBConnection, batch: number, from: number): Promise<void> {
  await connection.run('DELETE FROM paths WHERE number >= $1::BIGINT', [from]);
  await connection.run('DELETE FROM parts WHERE batch = $1::BIGINT', [batch]);
}

/** @returns whether there are more */
export function rollUpSome(connection: DuckDBConnection): Promise<boolean> {
  return inTransaction(connection, () => rollUpParts(connection));
}

export function pruneSome(connection: DuckDBConnection, ask: PruneAsk): Promise<PruneAnswer> {
  return inTransaction(connection, () => prune(connection, ask));
}

export async function checkpoint(connection: DuckDBConnection): Promise<null> {
  await connection.run('CHECKPOINT');
  return null;
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

export async function forgetRun(connection: DuckDBConnection, run: string): Promise<null> {
  await inTransaction(connection, async () => {
    await connection.run('DELETE FROM paths WHERE run = $1', [run]);
    await connection.run('DELETE FROM runs WHERE id = $1', [run]);
    await forgetRollUps(connection, run);
  });
  return null;
}

async function inTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN');
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // After a failed commit there is no transaction any more, and the first error is the one to tell.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
