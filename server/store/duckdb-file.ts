/** The database file of a store: opened, its tables made or checked, and every reason why not in words. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { FIRST_SCHEMA, migrateFirst } from './duckdb-migration.ts';
import { inTransaction } from './duckdb-transaction.ts';
import { findMissing, MISSING_TABLES } from './five-minutes.ts';
import { MINUTE_TABLES } from './minute-tables.ts';
import { PathWriter } from './path-writer.ts';
import { PREPARED_TABLES } from './prepared-quantiles.ts';
import { RETENTION_TABLES } from './retention.ts';
import { ROLL_UP_TABLES } from './roll-up-tables.ts';
import { SLOW_TABLES } from './slow-parts.ts';
import { StoreError } from './store-error.ts';
import { definitionsOfStore } from './stored-view.ts';
import { UNKEPT_TABLES } from './unkept-keys.ts';

/** Grows when an older Hopscope could not read what a newer one wrote. */
export const SCHEMA = 2;
const FILE = 'hopscope.duckdb';
/** Beside the rows that wait to be written; a report over many millions of paths goes to disk beyond it. */
const MEMORY_LIMIT = '512MB';
/**
 * A checkpoint writes the rows that did not fill a group of their own again: at DuckDB's own 16 MB that is most of them. Too
 * many, and a server that was killed reads them for seconds before it serves.
 */
const CHECKPOINT_THRESHOLD = '32MB';
/** Of a new file. A column of some 100,000 rows takes whole blocks: at DuckDB's own 256 KiB much of the last ones is empty. */
const BLOCK_BYTES = '65536';

/**
 * Fewer where this process has fewer CPUs: a thread of DuckDB that waits for the other one spins, and on one core
 * it then takes the time that the other one needs.
 */
const MOST_THREADS = 2;

const DEFINITIONS = [
  'CREATE TABLE hopscope (schema INTEGER, version VARCHAR)',
  ...definitionsOfStore(),
  'CREATE TABLE runs (id VARCHAR, name VARCHAR, started_ms DOUBLE, ended_ms DOUBLE, summary VARCHAR)',
];

/** Made where they are missing: older files have not all of them. */
const MORE = [
  ...MINUTE_TABLES,
  ...ROLL_UP_TABLES,
  ...MISSING_TABLES,
  ...RETENTION_TABLES,
  ...UNKEPT_TABLES,
  ...SLOW_TABLES,
  ...PREPARED_TABLES,
];

export interface OpenFile {
  /** One of each, so that a long query holds no commit up. */
  writer: DuckDBConnection;
  reader: DuckDBConnection;
  /** For questions about all paths of a run, which hold up no other question either. */
  reports: DuckDBConnection;
  /** For what nobody waits for. */
  upkeep: DuckDBConnection;
  /** By `writer`. */
  paths: PathWriter;
  /** Bytes of commits that were not in the file itself when it was opened. */
  logged: number;
  close(): void;
}

/**
 * Open the store in a folder, made where it is missing.
 * @param version of this Hopscope, for whoever finds a file that is too new
 * @throws StoreError
 */
export async function openFile(folder: string, version: string): Promise<OpenFile> {
  checkFolder(folder);
  const file = join(folder, FILE);
  const logged = statSync(`${file}.wal`, { throwIfNoEntry: false })?.size ?? 0;
  const instance = await opened(file);
  const writer = await instance.connect();
  const close = (): void => {
    writer.closeSync();
    instance.closeSync();
  };
  try {
    await checkSchema(writer, file, version);
    await inTransaction(writer, async () => {
      for (const statement of MORE) await writer.run(statement);
      await findMissing(writer);
    });
    await writer.run('SET enable_external_access = false');
    const reader = await instance.connect();
    const reports = await instance.connect();
    const upkeep = await instance.connect();
    const closeAll = () => {
      for (const each of [reader, reports, upkeep]) each.closeSync();
      close();
    };
    return { logged, writer, reader, reports, upkeep, paths: new PathWriter(writer), close: closeAll };
  } catch (error) {
    close();
    throw error instanceof StoreError ? error : damaged(file, error as Error);
  }
}

function checkFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StoreError(
      `--store ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): ` +
        'give a folder that this user may write, on a file system that is not read-only.',
    );
  }
}

/** Step by step: Node's own recursive one never comes back where a file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found === undefined) makeFolder(dirname(folder));
  mkdirSync(folder);
}

async function opened(file: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, {
      memory_limit: MEMORY_LIMIT,
      checkpoint_threshold: CHECKPOINT_THRESHOLD,
      default_block_size: BLOCK_BYTES,
      threads: String(Math.min(MOST_THREADS, availableParallelism())),
    });
  } catch (error) {
    const { message } = error as Error;
    if (/set lock|already open|attached/i.test(message)) throw locked(file, message);
    if (/version number|newer/i.test(message)) {
      throw new StoreError(
        `${file} was written by a newer DuckDB: update this Hopscope, or give --store another folder.`,
      );
    }
    throw /Permission denied|Read-only/i.test(message)
      ? new StoreError(`${file} cannot be written: give it to this user, or give --store another folder.`)
      : damaged(file, error as Error);
  }
}

function locked(file: string, message: string): StoreError {
  const process = /\(PID (\d+)\)/.exec(message)?.[1];
  const who = process === undefined ? 'another server' : `another server (process ${process})`;
  return new StoreError(`${file} is in use by ${who}: stop it, or give this one another --store.`);
}

function damaged(file: string, { message }: Error): StoreError {
  const [reason] = message.split('\n');
  return new StoreError(
    `${file} cannot be read (${reason}): move it away, with ${FILE}.wal beside it, and start again; the agents' requests go on into a new one.`,
  );
}

async function checkSchema(connection: DuckDBConnection, file: string, version: string): Promise<void> {
  const tables = await connection.runAndReadAll("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'");
  const names = tables.getRowsJS().map(([name]) => name as string);
  if (names.length === 0) {
    await create(connection, version);
    return;
  }
  if (!names.includes('hopscope')) {
    throw new StoreError(`${file} is a database of something else: give --store another folder.`);
  }
  const found = await connection.runAndReadAll('SELECT schema, version FROM hopscope');
  const [schema, writtenBy] = found.getRowsJS()[0] as [number, string];
  if (schema === SCHEMA) return;
  if (schema === FIRST_SCHEMA) {
    await migrate(connection, version);
    return;
  }
  throw new StoreError(
    `${file} was written by Hopscope ${writtenBy} (format ${schema}, this ${version} has ${SCHEMA}): ` +
      'use that version, or give --store another folder.',
  );
}

async function create(connection: DuckDBConnection, version: string): Promise<void> {
  await inTransaction(connection, async () => {
    for (const definition of DEFINITIONS) await connection.run(definition);
    await connection.run('INSERT INTO hopscope VALUES ($1, $2)', [SCHEMA, version]);
  });
}

async function migrate(connection: DuckDBConnection, version: string): Promise<void> {
  await inTransaction(connection, async () => {
    await migrateFirst(connection, new PathWriter(connection));
    await connection.run('UPDATE hopscope SET schema = $1, version = $2', [SCHEMA, version]);
  });
}
