/** Which paths a question is about: found by few columns of the tables, so that few rows are made in full. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Calls, DiskQuery } from './duckdb-messages.ts';
import { endToEndRows } from './end-to-end-rows.ts';
import type { Bind } from './path-filter.ts';
import { sqlRank } from './path-order.ts';
import { canListsAnswer, listedPaths } from './slow-parts.ts';
import { PATH_TABLES, type PathTable } from './stored-table.ts';
import { beganWithin } from './time-range.ts';

const EVERYWHERE = [{ from: 0, to: Number.MAX_SAFE_INTEGER }];

/** Whether {@link foundNumbers} can tell: few columns of the tables are asked for. */
export function isPlain({
  run: _,
  order,
  limit: __,
  vm: ___,
  class: ____,
  within: _____,
  at: ______,
  ...filter
}: DiskQuery) {
  const isFree = Object.values(filter).every((condition) => condition === undefined);
  return isFree && (order === 'random' || order === 'slowest' || order === 'newest');
}

export interface FoundNumbers {
  /** Of paths that are to be had from the lists of slow ones. */
  listed: number[];
  others: number[];
}

/** What must hold for the rows of a table. */
type Wanted = (table: PathTable) => string[];

/** Numbers of the paths that a plain query asks for. */
export async function foundNumbers(connection: DuckDBConnection, query: DiskQuery): Promise<FoundNumbers> {
  const { run, limit, vm, class: exchangeClass, within } = query;
  const values: DuckDBValue[] = [run, limit];
  const bind = (value: DuckDBValue) => `$${values.push(value)}`;
  const all = ['run = (SELECT id FROM names WHERE name = $1)'];
  if (vm !== undefined) {
    all.push(`kind IN (SELECT id FROM kinds WHERE vm = (SELECT id FROM names WHERE name = ${bind(vm)}))`);
  }
  if (exchangeClass !== undefined) all.push(`class = ${bind(exchangeClass)}`);
  const wanted: Wanted = (table) => (within === undefined ? all : [...all, beganWithin(table, within)]);
  const best = await bestRows(connection, query, wanted, bind);
  const found = await connection.runAndReadAll(`SELECT number::DOUBLE, listed FROM (${best}) LIMIT $2::BIGINT`, values);
  const rows = found.getRowsJS() as [number, boolean][];
  const numbersOf = (isListed: boolean) => rows.flatMap(([number, listed]) => (listed === isListed ? [number] : []));
  return { listed: numbersOf(true), others: numbersOf(false) };
}

async function bestRows(connection: DuckDBConnection, query: DiskQuery, wanted: Wanted, bind: Bind): Promise<string> {
  if (query.order === 'newest') return newest(wanted);
  return query.order === 'random' ? random(query, wanted, bind) : slowest(connection, query, wanted, bind);
}

function newest(wanted: Wanted): string {
  const newestOf = (table: PathTable) =>
    `(SELECT number FROM ${table} WHERE ${wanted(table).join(' AND ')} ORDER BY number DESC LIMIT $2::BIGINT)`;
  return `SELECT number, false AS listed FROM (${PATH_TABLES.map(newestOf).join(' UNION ALL ')}) ORDER BY number DESC`;
}

function random(query: DiskQuery, wanted: Wanted, bind: Bind): string {
  const rows = PATH_TABLES.map((table) => `SELECT number FROM ${table} WHERE ${wanted(table).join(' AND ')}`);
  const order = `${sqlRank(query, bind)} DESC, number`;
  return `SELECT number, false AS listed FROM (${rows.join(' UNION ALL ')}) ORDER BY ${order}`;
}

async function slowest(connection: DuckDBConnection, query: DiskQuery, wanted: Wanted, bind: Bind): Promise<string> {
  const lists = canListsAnswer(query) ? await listedPaths(connection, query, bind) : null;
  const others = `SELECT number, ns, false AS listed FROM (${endToEndRows(lists?.others ?? EVERYWHERE, wanted)})`;
  const listed = lists === null ? '' : `UNION ALL SELECT number, ns, true AS listed FROM (${lists.rows})`;
  return `SELECT number, listed FROM (${others} ${listed}) ORDER BY ns DESC, number`;
}

/** The last number of so many paths of a run from a number on; null where there is none. */
export async function pageEnd(connection: DuckDBConnection, ask: Calls['page']['ask']): Promise<number | null> {
  const { run, from, limit } = ask;
  const where = 'WHERE run = (SELECT id FROM names WHERE name = $1) AND number >= $2::BIGINT';
  const pages = PATH_TABLES.map((table) => `(SELECT number FROM ${table} ${where} ORDER BY number LIMIT $3::BIGINT)`);
  const page = `SELECT number::DOUBLE FROM (${pages.join(' UNION ALL ')}) ORDER BY number LIMIT $3::BIGINT`;
  return (await numbers(connection, page, [run, from, limit])).at(-1) ?? null;
}

async function numbers(connection: DuckDBConnection, query: string, values: DuckDBValue[]): Promise<number[]> {
  const result = await connection.runAndReadAll(query, values);
  return result.getRowsJS().map(([number]) => number as number);
}
