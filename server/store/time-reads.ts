/** Questions to the database about all requests of a run: answered by columns, no row is made. */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBDoubleVector } from '@duckdb/node-api';
import { GAP } from '../join/clock-method.ts';
import { type RunQuantiles, type RunTimes, TIME_NAMES, type TimeQuantiles } from './run-times.ts';
import { PATH_TABLES } from './stored-table.ts';
import { type TimedRun, timeColumn, timedRequests } from './time-sql.ts';

/** Values that DuckDB holds at once for quantiles, in each of the queries that run side by side; it holds all of one column in any case. */
const VALUES_AT_ONCE = 2 ** 24;

interface CountedRun extends TimedRun {
  /** Of all classes. */
  paths: number;
}

/** Null where the file has no path of it. */
async function countedRun(connection: DuckDBConnection, run: string): Promise<CountedRun | null> {
  const named = await connection.runAndReadAll('SELECT id FROM names WHERE name = $1', [run]);
  const id = named.getRowsJS()[0]?.[0] as number | undefined;
  if (id === undefined) return null;
  const counts = PATH_TABLES.map((table) => `(SELECT count(*) FROM ${table} WHERE run = ${id})`).join(' + ');
  const gaps = `EXISTS (SELECT 1 FROM kinds WHERE run = ${id} AND clock = ${GAP})`;
  const [paths, hasGaps] = await oneRow(connection, `(${counts})::DOUBLE, ${gaps}`);
  return { id, paths: paths as number, hasGaps: hasGaps as boolean };
}

async function oneRow(connection: DuckDBConnection, selection: string, from = ''): Promise<unknown[]> {
  const result = await connection.runAndReadAll(`SELECT ${selection} ${from}`);
  return result.getRowsJS()[0]!;
}

async function requestsOf(connection: DuckDBConnection, run: CountedRun): Promise<number> {
  const [requests] = await oneRow(connection, 'count(*)::DOUBLE', `FROM ${timedRequests(run, [])}`);
  return requests as number;
}

/** How many paths of a run the file has. */
export async function countPaths(connection: DuckDBConnection, run: string): Promise<number> {
  return (await countedRun(connection, run))?.paths ?? 0;
}

/** @param names of TIME_NAMES */
export async function readTimes(
  connection: DuckDBConnection,
  run: string,
  names: readonly string[],
): Promise<RunTimes> {
  const counted = await countedRun(connection, run);
  const requests = counted === null ? 0 : await requestsOf(connection, counted);
  const columns = [...names, 'bound'].map(() => new Float64Array(requests));
  if (counted !== null) {
    const asked = [...names.map((_, i) => timeColumn(i)), 'bound_ns'];
    const query = `SELECT ${asked.map(asDouble).join(', ')} FROM ${timedRequests(counted, names)} ORDER BY ticks, number`;
    await readColumns(connection, query, columns);
  }
  const bounds = columns.pop()!;
  return { rows: counted?.paths ?? 0, times: new Map(names.map((name, i) => [name, columns[i]!])), bounds };
}

/** NULL as NaN, so that there is no validity to look at. */
export function asDouble(column: string): string {
  return `coalesce(${column}::DOUBLE, 'NaN'::DOUBLE)`;
}

/** Fill columns from a query that has {@link asDouble} columns only, chunk by chunk: what else the thread has to do comes between. */
export async function readColumns(
  connection: DuckDBConnection,
  query: string,
  columns: readonly Float64Array[],
): Promise<void> {
  const result = await connection.stream(query);
  let at = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [i, column] of columns.entries()) copyColumn(chunk, i, column, at);
    at += chunk.rowCount;
  }
}

function copyColumn(chunk: DuckDBDataChunk, index: number, column: Float64Array, at: number): void {
  const vector = chunk.getColumnVector(index) as DuckDBDoubleVector;
  const rows = chunk.rowCount;
  for (let i = 0; i < rows; i++) column[at + i] = vector.getItem(i)!;
}

/** Exact, of all requests of a run. @param connections work side by side: DuckDB ends each such query on one core */
export async function readQuantiles(
  connections: readonly DuckDBConnection[],
  run: string,
  quantiles: readonly number[],
): Promise<RunQuantiles> {
  const counted = await countedRun(connections[0]!, run);
  if (counted === null) return { requests: 0, times: TIME_NAMES.map((name) => noQuantiles(name, quantiles)) };
  const requests = await requestsOf(connections[0]!, counted);
  const atOnce = Math.max(1, Math.floor(VALUES_AT_ONCE / Math.max(1, requests)));
  const left = Array.from({ length: Math.ceil(TIME_NAMES.length / atOnce) }, (_, i) =>
    TIME_NAMES.slice(i * atOnce, (i + 1) * atOnce),
  );
  const found = new Map<string, TimeQuantiles>();
  const work = async (connection: DuckDBConnection) => {
    for (let names = left.pop(); names !== undefined; names = left.pop()) {
      for (const each of await someQuantiles(connection, counted, names, quantiles)) found.set(each.name, each);
    }
  };
  await Promise.all(connections.map(work));
  return { requests, times: TIME_NAMES.map((name) => found.get(name)!) };
}

function noQuantiles(name: string, quantiles: readonly number[]): TimeQuantiles {
  return { name, count: 0, values: quantiles.map(() => null) };
}

async function someQuantiles(
  connection: DuckDBConnection,
  run: TimedRun,
  names: readonly string[],
  quantiles: readonly number[],
): Promise<TimeQuantiles[]> {
  const asked = names.map((_, i) => {
    const column = timeColumn(i);
    return `count(${column})::DOUBLE, quantile_disc(${column}, [${quantiles.join(', ')}])::DOUBLE[]`;
  });
  const row = await oneRow(connection, asked.join(', '), `FROM ${timedRequests(run, names)}`);
  return names.map((name, i) => ({
    name,
    count: row[2 * i] as number,
    values: (row[2 * i + 1] as number[] | null) ?? quantiles.map(() => null),
  }));
}
