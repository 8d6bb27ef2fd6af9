/**
 * Files of before there were roll-ups of five minutes have none, or, where such
 * a Hopscope wrote to a newer file, some that are not of today's minutes. What
 * is in one of them is as new as the newest of its minutes: by that they are
 * told when the file is opened. They are made later, the newest ones first.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { RollUpSums, type StoredRollUp } from './roll-up-sums.ts';
import { appendRollUps } from './roll-up-tables.ts';

const STEP_S = 300;
/** Made in one transaction: some MB are read. */
const MOST = 500;

export const MISSING_TABLES = ['CREATE TABLE IF NOT EXISTS missing_five_minutes (run VARCHAR, vm VARCHAR, t BIGINT)'];

const START = `t // ${STEP_S} * ${STEP_S}`;
const OF_MINUTES = `SELECT run, vm, ${START} AS t, max(number) AS number FROM minutes GROUP BY 1, 2, 3`;
const THERE = 'SELECT run, vm, t, number FROM five_minutes';

/** Note which of them are to be made; to be called in a transaction, before anything else is done with the file. */
export async function findMissing(connection: DuckDBConnection): Promise<void> {
  await connection.run(`DELETE FROM five_minutes WHERE (run, vm, t, number) IN (${THERE} EXCEPT (${OF_MINUTES}))`);
  await connection.run(
    `INSERT INTO missing_five_minutes SELECT run, vm, t FROM (${OF_MINUTES} EXCEPT (${THERE}))
    WHERE (run, vm, t) NOT IN (SELECT (run, vm, t) FROM missing_five_minutes)`,
  );
}

/** Make the newest that are missing; to be called in a transaction. @returns whether there are more */
export async function makeMissing(connection: DuckDBConnection): Promise<boolean> {
  const first = `SELECT t FROM missing_five_minutes ORDER BY t DESC LIMIT ${MOST}`;
  const [row] = (await connection.runAndReadAll(`SELECT min(t)::DOUBLE FROM (${first})`)).getRowsJS();
  const from = row![0] as number | null;
  if (from === null) return false;
  const some = 'SELECT (run, vm, t) FROM missing_five_minutes WHERE t >= $1::BIGINT';
  const found = await connection.runAndReadAll(
    `SELECT number::DOUBLE, run, vm, t::DOUBLE, data, false FROM minutes
    WHERE t >= $1::BIGINT AND (run, vm, ${START}) IN (${some})`,
    [from],
  );
  // What came meanwhile is in both, the minutes and what is made of them.
  await connection.run(`DELETE FROM five_minutes WHERE (run, vm, t) IN (${some})`, [from]);
  await appendRollUps(connection, new RollUpSums(STEP_S).addStored(found.getRows() as unknown as StoredRollUp[]));
  await connection.run('DELETE FROM missing_five_minutes WHERE t >= $1::BIGINT', [from]);
  return true;
}

/** From which second on none is missing of a run, as far as its minutes are there. */
export async function madeFromS(connection: DuckDBConnection, run: string): Promise<number> {
  const query = `SELECT (max(t) + ${STEP_S})::DOUBLE FROM missing_five_minutes WHERE run = $1`;
  const [row] = (await connection.runAndReadAll(query, [run])).getRowsJS();
  return (row![0] as number | null) ?? Number.NEGATIVE_INFINITY;
}
