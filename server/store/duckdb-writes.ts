/** Changes to the database of stored paths, each all or nothing. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Counting, MinuteSums } from '../slo/minute-counts.ts';
import type { Batch, PruneAnswer, PruneAsk, Written } from './duckdb-messages.ts';
import { inTransaction } from './duckdb-transaction.ts';
import { appendMinutes, mergeMinutes } from './minute-tables.ts';
import type { PathWriter } from './path-writer.ts';
import { forgetPrepared, keepPrepared, nextToPrepare, type Prepared } from './prepared-quantiles.ts';
import type { RawBudget, Verdict } from './raw-budget.ts';
import { prune, sweep } from './retention.ts';
import { partsOf, sampledOf } from './roll-up-parts.ts';
import { appendParts, forgetRollUps, rollUpParts } from './roll-up-tables.ts';
import { listPart, unlistParts } from './slow-parts.ts';
import type { StoredRun } from './store.ts';
import { retainRows, type StoredRows } from './stored-rows.ts';
import { PATH_TABLES, RUN_TABLES } from './stored-table.ts';
import { appendUnkept } from './unkept-keys.ts';

/** What decides about the rows of a batch beside the batch. */
export interface Judges {
  budget: RawBudget | null;
  counting: Counting;
}

export async function writeBatch(
  connection: DuckDBConnection,
  paths: PathWriter,
  batch: Batch,
  { budget, counting }: Judges,
): Promise<Written> {
  const { id, next, rows, before, vmNames, replaced, redoFrom, runs } = batch;
  const fresh = rows.columns.count - replaced.length;
  const verdicts = budget === null ? [] : Array.from({ length: fresh }, (_, row) => verdictOn(rows, row, budget));
  const added = partsOf(rows, vmNames, false, verdicts);
  const minutes = minutesOf(batch, counting);
  await changed(connection, paths, async () => {
    if (redoFrom !== null) await undo(connection, id, redoFrom);
    const unkept = verdicts.flatMap((verdict, row) => (verdict === 'unkept' ? [row] : []));
    await appendUnkept(connection, rows, unkept, next - 1, id);
    const stored = await takeOut(connection, replaced);
    await unlistParts(connection, replaced);
    await forgetPrepared(connection, rows.runs);
    retainRows(rows, (row) => (row < fresh ? verdicts[row] !== 'unkept' : stored.has(rows.numbers[row]!)));
    if (rows.columns.count > 0) await paths.write(rows, vmNames);
    await appendParts(connection, [...added, ...partsOf(before, vmNames, true)], next - 1, id);
    await appendMinutes(connection, minutes, id);
    for (const run of runs) await writeRun(connection, run);
  });
  return { sampled: sampledOf(added), minutes };
}

/** What the batch adds to the minutes of objectives: rows that a budget does not keep count too. */
function minutesOf({ rows, before, vmNames, minutes, leftOut }: Batch, counting: Counting): Written['minutes'] {
  const sums = new MinuteSums();
  for (const one of minutes) sums.add(one);
  for (const [{ columns, runs, runOf }, times] of [[rows, 1] as const, [before, -1] as const]) {
    for (let from = 0; from < columns.count; ) {
      let to = from + 1;
      while (to < columns.count && runOf[to] === runOf[from]) to++;
      if (!leftOut.has(runs[runOf[from]!]!)) counting.add(sums, columns, from, to, vmNames, times);
      from = to;
    }
  }
  return sums.take();
}

function verdictOn({ columns, runs, runOf }: StoredRows, row: number, budget: RawBudget): Verdict {
  return budget.judge(runs[runOf[row]!]!, columns, row);
}

/** @returns those of the rows that were there: what a budget or a retention did not keep does not come again */
async function takeOut(connection: DuckDBConnection, numbers: readonly number[]): Promise<Set<number>> {
  const found = new Set<number>();
  for (const number of numbers) {
    if ((await deletePaths(connection, 'number = $1::BIGINT', number)) > 0) found.add(number);
  }
  return found;
}

async function undo(connection: DuckDBConnection, batch: number, from: number): Promise<void> {
  await deletePaths(connection, 'number >= $1::BIGINT', from);
  for (const table of ['parts', 'unkept', 'slo_parts']) {
    await connection.run(`DELETE FROM ${table} WHERE batch = $1::BIGINT`, [batch]);
  }
}

/** @returns whether there are more */
export function rollUpSome(connection: DuckDBConnection): Promise<boolean> {
  return inTransaction(connection, async () => {
    await mergeMinutes(connection);
    return rollUpParts(connection);
  });
}

/** @returns whether there are more */
export function listSome(connection: DuckDBConnection, next: number): Promise<boolean> {
  return inTransaction(connection, () => listPart(connection, next));
}

export function noteToPrepare(connection: DuckDBConnection): Promise<string | null> {
  return inTransaction(connection, () => nextToPrepare(connection));
}

export async function keepQuantiles(connection: DuckDBConnection, prepared: Prepared): Promise<null> {
  await inTransaction(connection, () => keepPrepared(connection, prepared));
  return null;
}

export function pruneSome(connection: DuckDBConnection, ask: PruneAsk): Promise<PruneAnswer> {
  return inTransaction(connection, () => prune(connection, ask));
}

/** What no path refers to any more goes. */
export async function sweepRepeated(connection: DuckDBConnection, paths: PathWriter): Promise<null> {
  await changed(connection, paths, () => sweep(connection));
  // Its numbers may be given again.
  paths.forget();
  return null;
}

export async function checkpoint(connection: DuckDBConnection): Promise<null> {
  await connection.run('CHECKPOINT');
  return null;
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

/** @param which a condition on $1 @returns how many rows it was true of */
async function deletePaths(connection: DuckDBConnection, which: string, value: number | string): Promise<number> {
  let rows = 0;
  for (const table of PATH_TABLES) {
    rows += (await connection.run(`DELETE FROM ${table} WHERE ${which}`, [value])).rowsChanged;
  }
  return rows;
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

export async function forgetRun(connection: DuckDBConnection, paths: PathWriter, run: string): Promise<null> {
  await changed(connection, paths, async () => {
    const which = 'run = (SELECT id FROM names WHERE name = $1)';
    await deletePaths(connection, which, run);
    for (const table of RUN_TABLES) await connection.run(`DELETE FROM ${table} WHERE ${which}`, [run]);
    await connection.run('DELETE FROM runs WHERE id = $1', [run]);
    await connection.run('DELETE FROM slow_paths WHERE run = $1', [run]);
    await forgetPrepared(connection, [run]);
    await forgetRollUps(connection, run);
  });
  // Its numbers may be given again.
  paths.forget();
  return null;
}
