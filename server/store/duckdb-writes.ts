/** Changes to the database of stored paths, each all or nothing. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Batch, PruneAnswer, PruneAsk, Sampled } from './duckdb-messages.ts';
import { PathAppender } from './path-table.ts';
import type { RawBudget, Verdict } from './raw-budget.ts';
import { prune } from './retention.ts';
import { partsOf, sampledOf } from './roll-up-parts.ts';
import { appendParts, forgetRollUps, rollUpParts } from './roll-up-tables.ts';
import type { StoredRun } from './store.ts';
import { retainRows, type StoredRows } from './stored-rows.ts';
import { fieldsOf } from './stored-table.ts';
import { appendUnkept } from './unkept-keys.ts';

/** @returns of each run how many a budget chose from, and why which were kept */
export async function writeBatch(
  connection: DuckDBConnection,
  batch: Batch,
  budget: RawBudget | null,
): Promise<Sampled[]> {
  const { id, next, rows, before, vmNames, replaced, redoFrom, runs } = batch;
  const fresh = rows.columns.count - replaced.length;
  const verdicts = budget === null ? [] : Array.from({ length: fresh }, (_, row) => verdictOn(rows, row, budget));
  const added = partsOf(rows, vmNames, false, verdicts);
  await inTransaction(connection, async () => {
    if (redoFrom !== null) await undo(connection, id, redoFrom);
    const unkept = verdicts.flatMap((verdict, row) => (verdict === 'unkept' ? [row] : []));
    await appendUnkept(connection, rows, unkept, next - 1, id);
    const stored = await takeOut(connection, replaced);
    retainRows(rows, (row) => (row < fresh ? verdicts[row] !== 'unkept' : stored.has(rows.numbers[row]!)));
    const appender = new PathAppender(connection, 'paths', fieldsOf(rows));
    if (rows.columns.count > 0) await appender.append(rows.columns, 0, rows.columns.count, vmNames);
    await appendParts(connection, [...added, ...partsOf(before, vmNames, true)], next - 1, id);
    for (const run of runs) await writeRun(connection, run);
  });
  return sampledOf(added);
}

function verdictOn({ columns, runs, runOf }: StoredRows, row: number, budget: RawBudget): Verdict {
  return budget.judge(runs[runOf[row]!]!, columns, row);
}

/** @returns those of the rows that were there: what a budget or a retention did not keep does not come again */
async function takeOut(connection: DuckDBConnection, numbers: readonly number[]): Promise<Set<number>> {
  const found = new Set<number>();
  for (const number of numbers) {
    const gone = await connection.run('DELETE FROM paths WHERE number = $1::BIGINT', [number]);
    if (gone.rowsChanged > 0) found.add(number);
  }
  return found;
}

async function undo(connection: DuckDBConnection, batch: number, from: number): Promise<void> {
  await connection.run('DELETE FROM paths WHERE number >= $1::BIGINT', [from]);
  for (const table of ['parts', 'unkept']) {
    await connection.run(`DELETE FROM ${table} WHERE batch = $1::BIGINT`, [batch]);
  }
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
