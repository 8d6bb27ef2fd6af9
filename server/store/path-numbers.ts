/** Which paths a question is about: found by few columns of the tables, so that few rows are made in full. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Calls, DiskQuery } from './duckdb-messages.ts';
import { PATH_TABLES, type TableName } from './stored-table.ts';

/** End to end in one of the tables, ns, and whether it was measured. */
function endToEnd(table: TableName): { ns: string; there: string } {
  return table === 'long_paths'
    ? { ns: 'end_to_end_ns::BIGINT', there: 'end_to_end_ns IS NOT NULL' }
    : { ns: 'end_to_end_ns::BIGINT - 1', there: 'end_to_end_ns > 0' };
}

/** Numbers of the paths that a query asks for. */
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
    const { ns, there } = endToEnd(table);
    const [only, by] = order === 'slowest' ? [[there], 'end_to_end_ns DESC, number'] : [[], 'number DESC'];
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
