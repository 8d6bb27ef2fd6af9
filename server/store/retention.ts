/**
 * What is kept for how long: by age, counted from when it was stored, and by
 * size. A call deletes some rows in one short transaction, so that commits
 * come between; what was deleted of which run is written down with it.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { RECENT_KEYS } from '../join/recent-keys.ts';
import type { PruneAnswer, PruneAsk, Pruned } from './duckdb-messages.ts';
import { TICKS_PER_MS } from './packed-rows.ts';
import { forgetPrepared } from './prepared-quantiles.ts';
import { prunePartsTo } from './slow-parts.ts';
import { PATH_TABLES } from './stored-table.ts';
import { forgetUnkept } from './unkept-keys.ts';

export const RETENTION_TABLES = [
  // What is no more of a run, and until when; and which number was reached at what time.
  'CREATE TABLE IF NOT EXISTS pruned (run VARCHAR, what VARCHAR, count BIGINT, until_ms DOUBLE)',
  'CREATE TABLE IF NOT EXISTS marks (number BIGINT, at_ms DOUBLE)',
];

/** A row is deleted this much later than it should be, at most. */
const MARK_MS = 60_000;
/** Deleted in one transaction. */
const MOST_ROWS = 8_192;
/** Of the limit: what is left after a deletion by size. */
const LEFT_SHARE = 0.9;

type What = Pruned['what'];
interface Rows {
  tables: readonly string[];
  /** Number and run of each row, and when it ends, ms. */
  from: string;
}

const PATHS = PATH_TABLES.map((table) => `SELECT number, run, ticks FROM ${table}`).join(' UNION ALL ');
const ROWS: Readonly<Record<What, Rows>> = {
  paths: {
    tables: PATH_TABLES,
    from: `(SELECT number, name AS run, ticks / ${TICKS_PER_MS}.0 AS ends FROM (${PATHS}) AS rows JOIN names ON id = rows.run)`,
  },
  seconds: { tables: ['seconds'], from: '(SELECT number, run, (t + 1) * 1000.0 AS ends FROM seconds)' },
  // Those of five minutes are as new as the newest minute in them, and go with it.
  minutes: {
    tables: ['minutes', 'five_minutes'],
    from: '(SELECT number, run, (t + 60) * 1000.0 AS ends FROM minutes)',
  },
};
/** What goes first where there is too much of all. */
const BY_SIZE: readonly What[] = ['paths', 'seconds'];

/** Delete what is too old, one batch of it. To be called in a transaction. */
export async function prune(
  connection: DuckDBConnection,
  { nowMs, next, keepMs, below }: PruneAsk,
): Promise<PruneAnswer> {
  await mark(connection, nowMs, next);
  await forgetUnkept(connection, next - RECENT_KEYS);
  for (const what of Object.keys(ROWS) as What[]) {
    const cut = Math.max(await reachedBefore(connection, nowMs - keepMs[what]), below[what] ?? 0);
    const pruned = await pruneOf(connection, what, cut);
    if (pruned.length > 0) return { pruned, more: true };
  }
  return { pruned: [], more: false };
}

async function mark(connection: DuckDBConnection, nowMs: number, next: number): Promise<void> {
  const last = await one(connection, 'SELECT max(at_ms) FROM marks');
  if (last !== null && nowMs - last < MARK_MS) return;
  await connection.run('INSERT INTO marks VALUES ($1::BIGINT, $2::DOUBLE)', [next, nowMs]);
}

/** Number of the first path that was, for all we know, stored after that. */
async function reachedBefore(connection: DuckDBConnection, atMs: number): Promise<number> {
  return (await one(connection, 'SELECT max(number)::DOUBLE FROM marks WHERE at_ms <= $1::DOUBLE', [atMs])) ?? 0;
}

async function pruneOf(connection: DuckDBConnection, what: What, cut: number): Promise<Pruned[]> {
  const { from, tables } = ROWS[what];
  const oldest = `SELECT number FROM ${from} WHERE number < $1::BIGINT ORDER BY number LIMIT ${MOST_ROWS}`;
  const upTo = await one(connection, `SELECT max(number)::DOUBLE FROM (${oldest})`, [cut]);
  if (upTo === null) return [];
  const query = `SELECT run, count(*)::DOUBLE, max(ends)::DOUBLE FROM ${from} WHERE number <= $1::BIGINT GROUP BY run`;
  const found = (await connection.runAndReadAll(query, [upTo])).getRowsJS() as [string, number, number][];
  for (const table of tables) await connection.run(`DELETE FROM ${table} WHERE number <= $1::BIGINT`, [upTo]);
  if (what === 'paths') {
    await prunePartsTo(connection, upTo);
    await forgetPrepared(
      connection,
      found.map(([run]) => run),
    );
  }
  for (const [run, count, untilMs] of found) await note(connection, { run, what, count, untilMs });
  return found.map(([run, count, untilMs]) => ({ run, what, count, untilMs }));
}

async function note(connection: DuckDBConnection, { run, what, count, untilMs }: Pruned): Promise<void> {
  const known = 'FROM pruned WHERE run = $1 AND what = $2';
  const before = await connection.runAndReadAll(`SELECT count::DOUBLE, until_ms ${known}`, [run, what]);
  const [counted = 0, until = untilMs] = (before.getRowsJS()[0] ?? []) as [number?, number?];
  await connection.run(`DELETE ${known}`, [run, what]);
  await connection.run('INSERT INTO pruned VALUES ($1, $2, $3::BIGINT, $4::DOUBLE)', [
    ...[run, what, counted + count, Math.max(until, untilMs)],
  ]);
}

/** Delete what no path refers to any more. To be called in a transaction. */
export async function sweep(connection: DuckDBConnection): Promise<void> {
  const referred = (column: string) => PATH_TABLES.map((table) => `SELECT ${column} FROM ${table}`).join(' UNION ALL ');
  await connection.run(`DELETE FROM connections WHERE id NOT IN (${referred('connection')})`);
  await connection.run(`DELETE FROM kinds WHERE id NOT IN (${referred('kind')})`);
  await connection.run('DELETE FROM heads WHERE id NOT IN (SELECT head FROM kinds)');
}

/** Up to which numbers rows have to go so that the file has less than its limit; empty where it has. */
export async function tooMuch(connection: DuckDBConnection, maxBytes: number): Promise<PruneAsk['below']> {
  if ((await usedBytes(connection)) <= maxBytes) return {};
  const bytes = await livingBytes(connection);
  if (bytes <= maxBytes) return {};
  for (const what of BY_SIZE) {
    const [first, last] = await ends(connection, what);
    if (first === null || last === null) continue;
    return { [what]: first + Math.ceil((last - first + 1) * (1 - (LEFT_SHARE * maxBytes) / bytes)) };
  }
  return {};
}

/** Blocks that are in use: the file itself seldom gets shorter, freed blocks are written again. */
async function usedBytes(connection: DuckDBConnection): Promise<number> {
  return (await one(connection, 'SELECT (used_blocks * block_size)::DOUBLE FROM pragma_database_size()'))!;
}

/** Without what deleted rows have in use: a block is freed when the last of some 100,000 rows beside each other goes. */
async function livingBytes(connection: DuckDBConnection): Promise<number> {
  const used = await usedBytes(connection);
  const living = (await one(connection, `SELECT count(*)::DOUBLE FROM (${PATHS})`))!;
  const counts = PATH_TABLES.map(
    (table) => `SELECT count FROM pragma_storage_info('${table}') WHERE column_id = 0 AND segment_type <> 'VALIDITY'`,
  );
  const all = await one(connection, `SELECT sum(count)::DOUBLE FROM (${counts.join(' UNION ALL ')})`);
  // What is not in the file yet but in its log.
  return all === null || all < living ? used : (used * living) / all;
}

async function ends(connection: DuckDBConnection, what: What): Promise<[number | null, number | null]> {
  const found = await connection.runAndReadAll(
    `SELECT min(number)::DOUBLE, max(number)::DOUBLE FROM ${ROWS[what].from}`,
  );
  return found.getRowsJS()[0] as [number | null, number | null];
}

async function one(connection: DuckDBConnection, query: string, values: number[] = []): Promise<number | null> {
  return (await connection.runAndReadAll(query, values)).getRowsJS()[0]![0] as number | null;
}

/** Of every run. */
export async function readPruned(connection: DuckDBConnection): Promise<Pruned[]> {
  const found = await connection.runAndReadAll('SELECT run, what, count::DOUBLE, until_ms FROM pruned');
  const rows = found.getRowsJS() as [string, What, number, number][];
  return rows.map(([run, what, count, untilMs]) => ({ run, what, count, untilMs }));
}
