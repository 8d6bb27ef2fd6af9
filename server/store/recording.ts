/**
 * A run as one file that any reader of Parquet opens: a row for each path, and
 * under the key `hopscope` of the file's metadata a JSON text that says what
 * run it was.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { PathColumns } from '../join/paths.ts';
import { LAYER_IDS } from '../wire/stations.ts';
import { asDouble, readColumns } from './double-columns.ts';
import { columnName, PATH_FIELDS } from './path-fields.ts';
import type { PathFilter } from './path-filter.ts';
import { DERIVED_FIELDS, definitions, PathAppender, rowsOf, selection } from './path-table.ts';
import { type RunTimes, TIME_NAMES } from './run-times.ts';
import type { StoredPaths } from './store.ts';

const KEY = 'hopscope';
const FIELDS = [...PATH_FIELDS, ...DERIVED_FIELDS];

/** A file that is no recording of ours, or cannot be read; the message says what to do. */
export class RecordingError extends Error {}

/** Write a run. @param about becomes the JSON text @param batches its paths */
export async function writeRecording(
  file: string,
  about: unknown,
  batches: AsyncIterable<StoredPaths>,
  vmNames: readonly string[],
): Promise<void> {
  await inMemory(async (connection) => {
    await connection.run(`CREATE TABLE paths (${definitions(FIELDS)})`);
    const appender = new PathAppender(connection, 'paths', FIELDS);
    for await (const { columns } of batches) await appender.append(columns, 0, columns.count, vmNames);
    const metadata = `kv_metadata {${KEY}: ${literal(JSON.stringify(about))}}`;
    await connection.run(
      `COPY (FROM paths ORDER BY at_ms) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, ${metadata})`,
    );
  });
}

/** The columns of TIME_NAMES. */
const TIME_COLUMNS = [...LAYER_IDS.map((layer) => `${columnName(layer)}_ns`), 'vnic_both_ns', 'end_to_end_ns'];

export interface Recording extends RunTimes {
  /** What the file says of itself, as it was parsed: not checked further. */
  about: unknown;
}

/** What the file says of itself, as it was parsed. Throws a {@link RecordingError} on a file that is none. */
export function readAbout(file: string): Promise<unknown> {
  return inMemory((connection) => aboutOf(connection, file));
}

/** Read what a comparison needs. Throws a {@link RecordingError} on a file that is none. @param within only of paths that began in it */
export function readRecording(file: string, within?: PathFilter['within']): Promise<Recording> {
  return inMemory(async (connection) => {
    const about = await aboutOf(connection, file);
    const began = within === undefined ? 'true' : `at_ms >= ${within.fromMs} AND at_ms < ${within.toMs}`;
    const counting = `SELECT count(*)::DOUBLE, count(*) FILTER (class = 'request')::DOUBLE FROM ${literal(file)} WHERE ${began}`;
    const counts = await asRecording(file, connection.runAndReadAll(counting));
    const [rows, requests] = counts.getRowsJS()[0] as [number, number];
    const columns = [...TIME_COLUMNS, 'bound_ns'].map(() => new Float64Array(requests));
    const asked = [...TIME_COLUMNS, 'bound_ns'].map(asDouble).join(', ');
    const query = `SELECT ${asked} FROM ${literal(file)} WHERE class = 'request' AND ${began} ORDER BY at_ms`;
    await asRecording(file, readColumns(connection, query, columns));
    const bounds = columns.pop()!;
    return { about, rows, times: new Map(TIME_NAMES.map((name, i) => [name, columns[i]!])), bounds };
  });
}

/** All paths of a recording, in the order of time, a few thousand at once. */
export async function* pathsOf(file: string, vmIndex: (name: string) => number): AsyncGenerator<PathColumns> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    const result = await connection.stream(`SELECT ${selection()} FROM ${literal(file)} ORDER BY at_ms`);
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      yield rowsOf(chunk, vmIndex);
    }
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

async function aboutOf(connection: DuckDBConnection, file: string): Promise<unknown> {
  const query = `SELECT value FROM parquet_kv_metadata(${literal(file)}) WHERE key = '${KEY}'`;
  const found = await asRecording(file, connection.runAndReadAll(query));
  const text = found.getRowsJS()[0]?.[0];
  if (text === undefined) {
    throw new RecordingError(`${file} is Parquet, but no recording: hopscope run export writes those.`);
  }
  try {
    return JSON.parse(Buffer.from(text as Uint8Array).toString('utf8'));
  } catch {
    throw new RecordingError(`${file}: what it says of its run is no JSON. The file is damaged: export it again.`);
  }
}

async function asRecording<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new RecordingError(`${file} cannot be read as a recording: ${reason}`);
  }
}

async function inMemory<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
