/**
 * Files of before there were roll-ups of five minutes have none, or, where such
 * a Hopscope wrote to a newer file, some that are not of today's minutes. What
 * is in one of them is as new as the newest of its minutes: by that they are told.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { inTransaction } from './duckdb-transaction.ts';
import { RollUpSums, type StoredRollUp } from './roll-up-sums.ts';
import { appendRollUps } from './roll-up-tables.ts';

const STEP_S = 300;
/** Made in one transaction: some MB. */
const MOST_ROWS = 1_000;

const OF_MINUTES = `SELECT run, vm, t // ${STEP_S} * ${STEP_S} AS t, max(number) AS number FROM minutes GROUP BY 1, 2, 3`;
const THERE = 'SELECT run, vm, t, number FROM five_minutes';

/** Make those that are missing; each transaction leaves a file from which it can go on. */
export async function completeFiveMinutes(connection: DuckDBConnection): Promise<void> {
  await connection.run(`DELETE FROM five_minutes WHERE (run, vm, t, number) IN (${THERE} EXCEPT (${OF_MINUTES}))`);
  for (let made = MOST_ROWS; made === MOST_ROWS; ) {
    made = await inTransaction(connection, () => makeSome(connection));
  }
}

async function makeSome(connection: DuckDBConnection): Promise<number> {
  const missing = `${OF_MINUTES} EXCEPT (${THERE}) ORDER BY t, run, vm LIMIT ${MOST_ROWS}`;
  const found = await connection.runAndReadAll(
    `SELECT number::DOUBLE, run, vm, t::DOUBLE, data, false FROM minutes
    WHERE (run, vm, t // ${STEP_S} * ${STEP_S}) IN (SELECT (run, vm, t) FROM (${missing}))`,
  );
  const sums = new RollUpSums(STEP_S).addStored(found.getRows() as unknown as StoredRollUp[]);
  await appendRollUps(connection, sums);
  return sums.all().length;
}
