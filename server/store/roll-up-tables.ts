/**
 * Roll-ups in the database. A commit brings its parts with its rows, in one
 * transaction: whatever is killed, both are there or neither. Later, beside
 * the commits, parts are merged into the roll-ups of their second, minute, five
 * minutes and hour, again all or nothing; who reads takes both.
 */

import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { BIGINT, BLOB, BOOLEAN, blobValue, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import { ROLL_UP_STEPS, type RollUpStep } from '../aggregate/roll-up.ts';
import { rollUpBytes } from '../aggregate/roll-up-bytes.ts';
import type { Part } from './roll-up-parts.ts';
import { RollUpSums, type StoredRollUp } from './roll-up-sums.ts';

export const ROLL_UP_TABLE: Readonly<Record<RollUpStep, string>> = {
  ...{ 1: 'seconds', 60: 'minutes', 300: 'five_minutes', 3600: 'hours' },
};

/** `number` is that of the newest path when it was written: what is older goes first. */
const COLUMNS = 'number BIGINT, run VARCHAR, vm VARCHAR, t BIGINT, data BLOB';
export const ROLL_UP_TABLES = [
  `CREATE TABLE IF NOT EXISTS parts (${COLUMNS}, minus BOOLEAN, batch BIGINT)`,
  ...Object.values(ROLL_UP_TABLE).map((table) => `CREATE TABLE IF NOT EXISTS ${table} (${COLUMNS})`),
];
const TYPES = [BIGINT, VARCHAR, VARCHAR, BIGINT, BLOB];
const CHUNK_ROWS = 2048;

/** Parts merged in one transaction; a few more, where one commit brought them. */
const MOST_PARTS = 2_000;

export async function appendParts(
  connection: DuckDBConnection,
  parts: readonly Part[],
  number: number,
  batch: number,
): Promise<void> {
  if (parts.length === 0) return;
  const rows = parts.map(({ run, vm, t, data, minus }) => [
    ...[BigInt(number), run, vm, BigInt(t), blobValue(data), minus, BigInt(batch)],
  ]);
  await append(connection, 'parts', [...TYPES, BOOLEAN, BIGINT], rows);
}

async function append(
  connection: DuckDBConnection,
  table: string,
  types: DuckDBType[],
  rows: DuckDBValue[][],
): Promise<void> {
  const appender = await connection.createAppender(table);
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const some = rows.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(types, some.length);
    chunk.setRows(some);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/**
 * Merge the oldest parts into their roll-ups; to be called in a transaction, with no commit in doubt.
 * @returns whether there are more
 */
export async function rollUpParts(connection: DuckDBConnection): Promise<boolean> {
  const found = await connection.runAndReadAll(
    `SELECT max(number)::DOUBLE, count(*)::DOUBLE FROM (SELECT number FROM parts ORDER BY number LIMIT ${MOST_PARTS})`,
  );
  const [upTo, count] = found.getRowsJS()[0] as [number | null, number];
  if (upTo === null) return false;
  const parts = await read(
    connection,
    'SELECT number::DOUBLE, run, vm, t::DOUBLE, data, minus FROM parts WHERE number <= $1::BIGINT',
    upTo,
  );
  // Bytes are read once: each step is made of the one before.
  const added = [new RollUpSums(1).addStored(parts)];
  for (const step of ROLL_UP_STEPS.slice(1)) added.push(new RollUpSums(step).merge(added.at(-1)!));
  for (const sums of added) await mergeInto(connection, sums, upTo);
  await connection.run('DELETE FROM parts WHERE number <= $1::BIGINT', [upTo]);
  return count >= MOST_PARTS;
}

async function read(connection: DuckDBConnection, query: string, upTo: number): Promise<StoredRollUp[]> {
  return (await connection.runAndReadAll(query, [upTo])).getRows() as unknown as StoredRollUp[];
}

async function mergeInto(connection: DuckDBConnection, sums: RollUpSums, upTo: number): Promise<void> {
  const { step } = sums;
  const table = ROLL_UP_TABLE[step];
  const touched = `SELECT DISTINCT run, vm, t // ${step} * ${step} AS t FROM parts WHERE number <= $1::BIGINT`;
  const there = `FROM ${table} WHERE (run, vm, t) IN (${touched})`;
  sums.addStored(await read(connection, `SELECT number::DOUBLE, run, vm, t::DOUBLE, data, false ${there}`, upTo));
  await connection.run(`DELETE ${there}`, [upTo]);
  await appendRollUps(connection, sums);
}

export async function appendRollUps(connection: DuckDBConnection, sums: RollUpSums): Promise<void> {
  const rows = sums.all().map(({ number, run, vm, t, rollUp }) => {
    return [BigInt(number), run, vm, BigInt(t), blobValue(rollUpBytes(rollUp))];
  });
  await append(connection, ROLL_UP_TABLE[sums.step], TYPES, rows);
}

export async function forgetRollUps(connection: DuckDBConnection, run: string): Promise<void> {
  for (const table of ['parts', ...Object.values(ROLL_UP_TABLE), 'pruned']) {
    await connection.run(`DELETE FROM ${table} WHERE run = $1`, [run]);
  }
}
