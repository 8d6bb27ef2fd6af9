/** Requests of a run out of a store's file, some thousand at a time, as columns of times. */
import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBIntegerVector,
  DuckDBUIntegerVector,
} from '@duckdb/node-api';
import { GAP } from '../join/clock-method.ts';
import { CLASSES } from '../wire/record.ts';
import { STATIONS } from '../wire/stations.ts';
import { firstName, lastName } from './packed-rows.ts';
import { MEASURED_NAMES, PackedTimes } from './packed-times.ts';
import type { PathFilter } from './path-filter.ts';
import { PATH_TABLES, type PathTable } from './stored-table.ts';
import { beganWithin } from './time-range.ts';

const REQUEST = CLASSES.indexOf('request');
/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048;
/** Column of a query in which what was measured begins. */
const FIRST_MEASURED = 2;
const LAST = STATIONS.at(-1)!;

export interface TimedRun {
  /** Its number in the table `names`. */
  id: number;
  /** Whether a clock jumped within a path of it. */
  hasGaps: boolean;
  /** Only paths that began in it. */
  within?: PathFilter['within'];
  /** Only one path of so many; all of them where it is not given. */
  every?: number;
  /** Columns to be read beside the times: see {@link TimeChunk.more}. */
  more?: readonly string[];
}

export interface TimeChunk {
  rows: number;
  /** Rows [0, rows) count; the arrays are filled anew for the next chunk. */
  times: PackedTimes['times'];
  /** The i-th of the columns beside them, all DOUBLE. */
  more(i: number): DuckDBDoubleVector;
}

/** All requests of a run, table by table; the next chunk is on its way while one is being looked at. */
export async function forEachChunk(
  connection: DuckDBConnection,
  run: TimedRun,
  look: (chunk: TimeChunk) => void,
): Promise<void> {
  const roundTrips = await roundTripsOf(connection, run.id);
  const packed = new PackedTimes(CHUNK_ROWS);
  for (const table of PATH_TABLES) {
    const result = await connection.stream(selection(table, run));
    let next = result.fetchChunk();
    for (let chunk = await next; chunk; chunk = await next) {
      const rows = chunk.rowCount;
      if (rows === 0) break;
      next = result.fetchChunk();
      read(chunk, rows, table, packed, roundTrips);
      packed.derive(rows);
      const more = (i: number) =>
        chunk!.getColumnVector(FIRST_MEASURED + MEASURED_NAMES.length + i) as DuckDBDoubleVector;
      look({ rows, times: packed.times, more });
    }
  }
}

function selection(table: PathTable, { id, hasGaps, within, every = 1, more }: TimedRun): string {
  const inGap = hasGaps ? `(kind IN (SELECT id FROM kinds WHERE run = ${id} AND clock = ${GAP}))::INTEGER` : '0';
  const own = ['connection', inGap];
  const measured = table === 'usual_paths' ? MEASURED_NAMES.map(usual) : MEASURED_NAMES;
  const columns = table === 'long_paths' ? measured.map((name) => `coalesce(${name}, 'NaN'::DOUBLE)`) : measured;
  const some = every === 1 ? '' : `AND number % ${every} = 0`;
  const began = within === undefined ? '' : `AND ${beganWithin(table, within)}`;
  const read = [...own, ...columns, ...(more ?? [])].join(', ');
  return `SELECT ${read} FROM ${table} WHERE run = ${id} AND class = ${REQUEST} ${began} ${some}`;
}

/** In a usual row the last byte passed with the first one, and no upstream is known. */
function usual(name: string): string {
  if (name === lastName(LAST)) return `(${firstName(LAST)} <> 0)::INTEGER`;
  return name === 'upstream_ns' ? '0' : name;
}

function read(chunk: DuckDBDataChunk, rows: number, table: string, packed: PackedTimes, roundTrips: RoundTrips): void {
  const connections = chunk.getColumnVector(0) as DuckDBUIntegerVector;
  const gaps = chunk.getColumnVector(1) as DuckDBIntegerVector;
  for (let row = 0; row < rows; row++) {
    packed.roundTrips[row] = roundTrips.ns[connections.getItem(row)! - roundTrips.first] ?? Number.NaN;
    packed.gaps[row] = gaps.getItem(row)!;
  }
  for (const [i, name] of MEASURED_NAMES.entries()) {
    const vector = chunk.getColumnVector(FIRST_MEASURED + i);
    const to = packed.measured.get(name)!;
    if (table === 'long_paths') copy(vector as DuckDBDoubleVector, to, rows);
    else unpack(vector as DuckDBIntegerVector, to, rows);
  }
}

/** PACKED as `column-appender.ts` has it. */
function unpack(vector: DuckDBIntegerVector, to: Float64Array, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const value = vector.getItem(row)!;
    to[row] = value > 0 ? value - 1 : value < 0 ? value : Number.NaN;
  }
}

function copy(vector: DuckDBDoubleVector, to: Float64Array, rows: number): void {
  for (let row = 0; row < rows; row++) to[row] = vector.getItem(row)!;
}

/** The smallest of each connection of a run, ns, from its first connection on. */
interface RoundTrips {
  first: number;
  ns: Float64Array;
}

async function roundTripsOf(connection: DuckDBConnection, run: number): Promise<RoundTrips> {
  const ends = await connection.runAndReadAll(
    `SELECT min(id)::DOUBLE, max(id)::DOUBLE FROM connections WHERE run = ${run}`,
  );
  const [first, last] = ends.getRowsJS()[0] as [number | null, number | null];
  if (first === null || last === null) return { first: 0, ns: new Float64Array(0) };
  const found = { first, ns: new Float64Array(last - first + 1).fill(Number.NaN) };
  const result = await connection.stream(
    `SELECT id, client_rtt_ns FROM connections WHERE run = ${run} AND client_rtt_ns IS NOT NULL`,
  );
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const ids = chunk.getColumnVector(0) as DuckDBUIntegerVector;
    const ns = chunk.getColumnVector(1) as DuckDBDoubleVector;
    for (let row = 0; row < chunk.rowCount; row++) found.ns[ids.getItem(row)! - first] = ns.getItem(row)!;
  }
  return found;
}
