/**
 * The slowest paths of each part of the file, kept beside it: the slowest of a
 * run are found among them without looking at all of its paths. Lists are made
 * when a part is complete; who asks looks at the other parts path by path.
 */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { CLASSES } from '../wire/record.ts';
import type { DiskQuery } from './duckdb-messages.ts';
import { type Between, endToEndRows } from './end-to-end-rows.ts';
import { PATH_TABLES } from './stored-table.ts';
import { beganWithin, numbersWithin } from './time-range.ts';

/** Numbers of a part: few enough that a list is made in a moment, enough that there are few lists. */
const PART_ROWS = 2 ** 19;
/** Listed of each part, for each run, VM and class; who asks for more is answered without lists. */
const LISTED = 100;

/** After the view `paths`, whose rows the lists have. A part that is there and not listed is not to be: some of it was deleted. */
export const SLOW_TABLES = [
  'CREATE TABLE IF NOT EXISTS slow_parts (part BIGINT, listed BOOLEAN)',
  'CREATE TABLE IF NOT EXISTS slow_paths AS SELECT * FROM paths WHERE false',
];

/**
 * List the slowest of one part, where there is one that is complete. To be called in a transaction.
 * @param next number of the first path that is not in the file yet
 * @returns whether there may be more
 */
export async function listPart(connection: DuckDBConnection, next: number): Promise<boolean> {
  const part = await firstUnlisted(connection, Math.floor(next / PART_ROWS));
  if (part === null) return false;
  const within = rangeOf(part);
  const best = `SELECT max({ns: ns, before: -number}, ${LISTED}) AS best
    FROM (${endToEndRows([within], () => [])}) AS rows JOIN kinds ON kinds.id = rows.kind GROUP BY rows.run, vm, class`;
  const slowest = `SELECT -unnest(best).before FROM (${best})`;
  const numbers = (await connection.runAndReadAll(slowest)).getColumnsJS()[0] ?? [];
  const which = `number BETWEEN ${within.from} AND ${within.to} AND number IN (${[-1, ...numbers].join(', ')})`;
  await connection.run(`INSERT INTO slow_paths SELECT * FROM paths WHERE ${which}`);
  await connection.run('INSERT INTO slow_parts VALUES ($1::BIGINT, true)', [part]);
  return true;
}

async function firstUnlisted(connection: DuckDBConnection, complete: number): Promise<number | null> {
  const listed = 'SELECT part FROM slow_parts';
  // What was deleted was deleted with all that is older.
  const oldest = '(SELECT coalesce(max(part) FILTER (NOT listed), -1) FROM slow_parts)';
  const found = await connection.runAndReadAll(
    `SELECT min(part)::DOUBLE FROM range($1::BIGINT) AS parts(part) WHERE part > ${oldest} AND part NOT IN (${listed})`,
    [complete],
  );
  return found.getRowsJS()[0]![0] as number | null;
}

function rangeOf(part: number): Between {
  return { from: part * PART_ROWS, to: (part + 1) * PART_ROWS - 1 };
}

/** Whether lists can answer. */
export function canListsAnswer({ order, limit }: DiskQuery): boolean {
  return order === 'slowest' && limit <= LISTED;
}

/** The slowest on the lists of a query's run, as rows of `number` and `ns`, and where there are paths that are on none. */
export async function listedPaths(
  connection: DuckDBConnection,
  { run, vm, class: exchangeClass, within }: DiskQuery,
  bind: (value: DuckDBValue) => string,
): Promise<{ rows: string; others: Between[] }> {
  const found = await connection.runAndReadAll('SELECT part::DOUBLE FROM slow_parts WHERE listed ORDER BY part');
  const all = found.getRowsJS().map(([part]) => part as number);
  const parts = within === undefined ? all : await partsWithin(connection, all, within);
  const wanted = [`run = ${bind(run)}`, `number // ${PART_ROWS} IN (${[-1, ...parts].join(', ')})`];
  if (vm !== undefined) wanted.push(`vm = ${bind(vm)}`);
  if (exchangeClass !== undefined) wanted.push(`class = ${bind(CLASSES[exchangeClass] ?? '')}`);
  const rows = `SELECT number, end_to_end_ns AS ns FROM slow_paths WHERE ${wanted.join(' AND ')}`;
  return { rows, others: rangesWithout(parts) };
}

/** Those of which every row began in a stretch of time. */
async function partsWithin(
  connection: DuckDBConnection,
  parts: readonly number[],
  within: NonNullable<DiskQuery['within']>,
): Promise<number[]> {
  const { from, to } = await numbersWithin(connection, within);
  const outside = PATH_TABLES.map(
    (table) =>
      `SELECT number // ${PART_ROWS} AS part FROM ${table}
       WHERE number BETWEEN ${from} AND ${to} AND NOT (${beganWithin(table, within)})`,
  );
  const found = await connection.runAndReadAll(`SELECT DISTINCT part::DOUBLE FROM (${outside.join(' UNION ALL ')})`);
  const cut = new Set(found.getRowsJS().map(([part]) => part as number));
  return parts.filter((part) => rangeOf(part).from >= from && rangeOf(part).to <= to && !cut.has(part));
}

/** @param parts rising */
function rangesWithout(parts: readonly number[]): Between[] {
  const ranges: Between[] = [];
  let from = 0;
  for (const part of parts) {
    const range = rangeOf(part);
    if (range.from > from) ranges.push({ from, to: range.from - 1 });
    from = range.to + 1;
  }
  return [...ranges, { from, to: Number.MAX_SAFE_INTEGER }];
}

/** Rows up to this number were deleted. */
export async function prunePartsTo(connection: DuckDBConnection, number: number): Promise<void> {
  const part = Math.floor(number / PART_ROWS);
  await connection.run('DELETE FROM slow_parts WHERE part <= $1::BIGINT', [part]);
  await connection.run('DELETE FROM slow_paths WHERE number <= $1::BIGINT', [rangeOf(part).to]);
  await connection.run('INSERT INTO slow_parts VALUES ($1::BIGINT, false)', [part]);
}

/** Rows of these numbers were changed: the lists of their parts are to be made again. */
export async function unlistParts(connection: DuckDBConnection, numbers: readonly number[]): Promise<void> {
  for (const part of new Set(numbers.map((number) => Math.floor(number / PART_ROWS)))) {
    const { from, to } = rangeOf(part);
    const gone = await connection.run('DELETE FROM slow_parts WHERE part = $1::BIGINT AND listed', [part]);
    if (gone.rowsChanged === 0) continue;
    await connection.run('DELETE FROM slow_paths WHERE number BETWEEN $1::BIGINT AND $2::BIGINT', [from, to]);
  }
}
