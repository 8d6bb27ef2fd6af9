/** Which paths a question is about: found by few columns of the tables, so that few rows are made in full. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { STATIONS } from '../wire/stations.ts';
import { unpacked } from './column-appender.ts';
import type { Calls, DiskQuery } from './duckdb-messages.ts';
import { firstName, lastName } from './packed-rows.ts';
import { PATH_TABLES } from './stored-table.ts';

const [FIRST, LAST] = [STATIONS[0], STATIONS.at(-1)!];
const [BEGUN, SENT, DONE] = [firstName(FIRST), firstName(LAST), lastName(LAST)];

const SENT_AND_DONE = [SENT, DONE].map((name) => `(${unpacked(name)})::BIGINT`).join(' + ');

/** End to end in one of the tables, ns, and whether it was measured: the last station counts from the first. */
const END_TO_END: Readonly<Record<(typeof PATH_TABLES)[number], { ns: string; there: string }>> = {
  // The last byte passed with the first one.
  usual_paths: { ns: `${SENT}::BIGINT - 1`, there: `${BEGUN} > 0 AND ${SENT} > 0` },
  other_paths: {
    ns: SENT_AND_DONE,
    there: `${BEGUN} <> 0 AND ${SENT_AND_DONE} >= 0`,
  },
  long_paths: { ns: `(${SENT} + ${DONE})::BIGINT`, there: `${BEGUN} IS NOT NULL AND ${SENT} + ${DONE} >= 0` },
};

/** Whether {@link foundNumbers} can tell: few columns of the tables are asked for. */
export function isPlain({ run: _, order, limit: __, vm: ___, class: ____, at, ...filter }: DiskQuery): boolean {
  const isFree = Object.values(filter).every((condition) => condition === undefined);
  return isFree && at === undefined && (order === 'slowest' || order === 'newest');
}

/** Numbers of the paths that a plain query asks for. */
export function foundNumbers(connection: DuckDBConnection, query: DiskQuery): Promise<number[]> {
  const { run, order, limit, vm, class: exchangeClass } = query;
  const values: DuckDBValue[] = [run, limit];
  const wanted = ['run = (SELECT id FROM names WHERE name = $1)'];
  if (vm !== undefined) {
    const ofVm = `SELECT id FROM kinds WHERE vm = (SELECT id FROM names WHERE name = $${values.push(vm)})`;
    wanted.push(`kind IN (${ofVm})`);
  }
  if (exchangeClass !== undefined) wanted.push(`class = $${values.push(exchangeClass)}`);
  const best = PATH_TABLES.map((table) => {
    const { ns, there } = END_TO_END[table];
    const [only, by] = order === 'slowest' ? [[there], 'ns DESC, number'] : [[], 'number DESC'];
    const where = [...wanted, ...only].join(' AND ');
    return `(SELECT number, ${ns} AS ns FROM ${table} WHERE ${where} ORDER BY ${by} LIMIT $2::BIGINT)`;
  });
  const by = order === 'slowest' ? 'ns DESC, number' : 'number DESC';
  return numbers(
    connection,
    `SELECT number::DOUBLE FROM (${best.join(' UNION ALL ')}) ORDER BY ${by} LIMIT $2::BIGINT`,
    values,
  );
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
