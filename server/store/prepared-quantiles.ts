/**
 * Exact quantiles of runs that are over, found once when nobody waits for them
 * and kept: whatever changes a run's paths throws its quantiles away.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { RunQuantiles } from './run-times.ts';
import { countPaths, readQuantiles } from './time-reads.ts';

/** Null while they are being found, and where that takes but a moment when they are asked for. */
export const PREPARED_TABLES = [
  'CREATE TABLE IF NOT EXISTS prepared_quantiles (run VARCHAR, found VARCHAR)',
  'DELETE FROM prepared_quantiles WHERE found IS NULL',
];

/** Others have to be found when they are asked for. */
const QUANTILES: readonly number[] = [0.5, 0.9, 0.95, 0.99, 0.999];
/** A run of fewer paths is read in a moment. */
const FEWEST_PATHS = 20_000;

export interface Prepared {
  run: string;
  found: RunQuantiles;
}

/** The newest run that is over and has none, taken note of; null where all have. To be called in a transaction. */
export async function nextToPrepare(connection: DuckDBConnection): Promise<string | null> {
  const newest = await connection.runAndReadAll(
    `SELECT id FROM runs WHERE ended_ms IS NOT NULL AND id NOT IN (SELECT run FROM prepared_quantiles)
    ORDER BY started_ms DESC LIMIT 1`,
  );
  const run = newest.getRowsJS()[0]?.[0] as string | undefined;
  if (run === undefined) return null;
  await connection.run('INSERT INTO prepared_quantiles VALUES ($1, NULL)', [run]);
  return run;
}

/** @param isOver whether nobody wants them any more @returns null then, and where they need not be kept */
export async function prepareQuantiles(
  connection: DuckDBConnection,
  run: string,
  isOver: () => boolean,
): Promise<Prepared | null> {
  if ((await countPaths(connection, run)) < FEWEST_PATHS) return null;
  try {
    return { run, found: await readQuantiles(connection, run, QUANTILES, isOver) };
  } catch (error) {
    if (isOver()) return null;
    throw error;
  }
}

/** Unless the run has changed since it was taken note of. To be called in a transaction. */
export async function keepPrepared(connection: DuckDBConnection, { run, found }: Prepared): Promise<void> {
  await connection.run('UPDATE prepared_quantiles SET found = $2 WHERE run = $1', [run, JSON.stringify(found)]);
}

/** Paths of these runs were changed, or are gone. */
export async function forgetPrepared(connection: DuckDBConnection, runs: readonly string[]): Promise<void> {
  for (const run of runs) await connection.run('DELETE FROM prepared_quantiles WHERE run = $1', [run]);
}

/** Null where they are not there, or not all of them. */
export async function preparedQuantiles(
  connection: DuckDBConnection,
  run: string,
  quantiles: readonly number[],
): Promise<RunQuantiles | null> {
  const kept = await connection.runAndReadAll('SELECT found FROM prepared_quantiles WHERE run = $1', [run]);
  const text = kept.getRowsJS()[0]?.[0] as string | null | undefined;
  const places = quantiles.map((quantile) => QUANTILES.indexOf(quantile));
  if (text === null || text === undefined || places.includes(-1)) return null;
  const { requests, times } = JSON.parse(text) as RunQuantiles;
  return { requests, times: times.map((time) => ({ ...time, values: places.map((at) => time.values[at]!) })) };
}
