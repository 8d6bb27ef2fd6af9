/** Questions to the database about all requests of a run: answered by columns, no row is made. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { QuantileSearch } from '../compare/quantile-search.ts';
import { GAP } from '../join/clock-method.ts';
import type { PathFilter } from './path-filter.ts';
import { orderOf } from './row-order.ts';
import { type RunQuantiles, type RunTimes, TIME_NAMES, type TimeQuantiles } from './run-times.ts';
import { PATH_TABLES, type PathTable } from './stored-table.ts';
import { forEachChunk, type TimedRun } from './time-chunks.ts';
import { beganWithin } from './time-range.ts';

/** About so many tell where a quantile is; a few more may. */
const SAMPLE_ROWS = 131_072;

interface CountedRun extends TimedRun {
  /** Of all classes. */
  paths: number;
}

/** Null where the file has no path of it. */
async function countedRun(
  connection: DuckDBConnection,
  run: string,
  within?: PathFilter['within'],
): Promise<CountedRun | null> {
  const named = await connection.runAndReadAll('SELECT id FROM names WHERE name = $1', [run]);
  const id = named.getRowsJS()[0]?.[0] as number | undefined;
  if (id === undefined) return null;
  const meant = (table: PathTable) => (within === undefined ? 'true' : beganWithin(table, within));
  const counts = PATH_TABLES.map((table) => `(SELECT count(*) FROM ${table} WHERE run = ${id} AND ${meant(table)})`);
  const gaps = `EXISTS (SELECT 1 FROM kinds WHERE run = ${id} AND clock = ${GAP})`;
  const result = await connection.runAndReadAll(`SELECT (${counts.join(' + ')})::DOUBLE, ${gaps}`);
  const [paths, hasGaps] = result.getRowsJS()[0] as [number, boolean];
  return { id, paths, hasGaps, within };
}

/** How many paths of a run the file has. */
export async function countPaths(
  connection: DuckDBConnection,
  run: string,
  within?: PathFilter['within'],
): Promise<number> {
  return (await countedRun(connection, run, within))?.paths ?? 0;
}

/** @param names of TIME_NAMES */
export async function readTimes(
  connection: DuckDBConnection,
  run: string,
  names: readonly string[],
  within?: PathFilter['within'],
): Promise<RunTimes> {
  const counted = await countedRun(connection, run, within);
  const most = counted?.paths ?? 0;
  const keys = { ticks: new Float64Array(most), numbers: new Float64Array(most) };
  const columns = new Map([...names, 'bound'].map((name) => [name, new Float64Array(most)]));
  let at = 0;
  if (counted !== null) {
    const more = ['ticks::DOUBLE', 'number::DOUBLE'];
    await forEachChunk(connection, { ...counted, more }, ({ rows, times, more }) => {
      const [ticks, numbers] = [more(0), more(1)];
      for (const [name, column] of columns) column.set(times.get(name)!.subarray(0, rows), at);
      for (let row = 0; row < rows; row++, at++) {
        keys.ticks[at] = ticks.getItem(row)!;
        keys.numbers[at] = numbers.getItem(row)!;
      }
    });
  }
  const order = orderOf(keys.ticks.subarray(0, at), keys.numbers.subarray(0, at));
  for (const [name, column] of columns) columns.set(name, ordered(column, order));
  const bounds = columns.get('bound')!;
  columns.delete('bound');
  return { rows: most, times: columns, bounds };
}

function ordered(column: Float64Array, order: Uint32Array): Float64Array<ArrayBuffer> {
  const found = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) found[i] = column[order[i]!]!;
  return found;
}

/** Exact, of all requests of a run: no column of them need be in memory. @param isOver whether to give up */
export async function readQuantiles(
  connection: DuckDBConnection,
  run: string,
  quantiles: readonly number[],
  isOver = () => false,
): Promise<RunQuantiles> {
  const counted = await countedRun(connection, run);
  if (counted === null) return { requests: 0, times: TIME_NAMES.map((name) => noQuantiles(name, quantiles)) };
  const sample = await sampleOf(connection, counted);
  const left = new Map([...sample].map(([name, values]) => [name, new QuantileSearch(quantiles, values)]));
  const found = new Map<string, TimeQuantiles>();
  let requests = 0;
  while (left.size > 0) {
    requests = 0;
    await forEachChunk(connection, counted, ({ rows, times }) => {
      if (isOver()) throw new Error('the store is closed');
      for (const [name, search] of left) search.add(times.get(name)!.subarray(0, rows));
      requests += rows;
    });
    for (const [name, search] of left) {
      const count = search.size;
      const values = search.found();
      if (values === null) continue;
      found.set(name, { name, count, values: values.map((value) => (Number.isNaN(value) ? null : value)) });
      left.delete(name);
    }
  }
  return { requests, times: TIME_NAMES.map((name) => found.get(name)!) };
}

function noQuantiles(name: string, quantiles: readonly number[]): TimeQuantiles {
  return { name, count: 0, values: quantiles.map(() => null) };
}

/** Spread evenly over the run; NaN where not measured. */
async function sampleOf(connection: DuckDBConnection, run: CountedRun): Promise<Map<string, Float64Array>> {
  const every = Math.max(1, Math.floor(run.paths / SAMPLE_ROWS));
  const sample = new Map(TIME_NAMES.map((name) => [name, new Float64Array(2 * SAMPLE_ROWS)]));
  let at = 0;
  await forEachChunk(connection, { ...run, every }, ({ rows, times }) => {
    const some = Math.min(rows, 2 * SAMPLE_ROWS - at);
    for (const [name, column] of sample) column.set(times.get(name)!.subarray(0, some), at);
    at += some;
  });
  for (const [name, column] of sample) sample.set(name, column.subarray(0, at));
  return sample;
}
