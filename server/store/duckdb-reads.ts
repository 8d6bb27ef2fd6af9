/** Questions to the database of stored paths. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { KEY_BYTES, pathColumns } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import { copyRows } from '../join/rows.ts';
import { addressBytes } from '../wire/address.ts';
import type { Calls, DiskQuery, FoundRows } from './duckdb-messages.ts';
import { PATH_FIELDS } from './path-fields.ts';
import { sqlFilter } from './path-filter.ts';
import { foundNumbers, isPlain, pageEnd } from './path-numbers.ts';
import { sqlRank } from './path-order.ts';
import { rowsOf, selection } from './path-table.ts';
import { ROLL_UP_TABLE } from './roll-up-tables.ts';
import { PATH_TABLES } from './stored-table.ts';
import { numbersWithin } from './time-range.ts';
import { readUnkept } from './unkept-keys.ts';

const FIELDS = `${selection()}, number::DOUBLE`;
const SELECT = `SELECT ${FIELDS} FROM paths`;

/** Numbers begin where they ended. */
export async function nextNumber(connection: DuckDBConnection): Promise<number> {
  // What a path was rolled up into may be kept for longer than it is.
  const tables = [...PATH_TABLES, 'parts', ...Object.values(ROLL_UP_TABLE)];
  const numbers = tables.map((table) => `SELECT max(number) AS number FROM ${table}`).join(' UNION ALL ');
  const result = await connection.runAndReadAll(`SELECT coalesce(max(number) + 1, 0)::DOUBLE FROM (${numbers})`);
  return result.getRowsJS()[0]![0] as number;
}

/** Finds their numbers first: few of very many are looked up whole. */
export async function readPaths(connection: DuckDBConnection, query: DiskQuery): Promise<FoundRows> {
  const found = isPlain(query)
    ? await foundNumbers(connection, query)
    : { listed: [], others: await rankedNumbers(connection, query) };
  const values: DuckDBValue[] = [];
  const order = `${sqlRank(query, (value) => `$${values.push(value)}`)} DESC, number`;
  const sources = [numbered('slow_paths', found.listed), numbered('paths', found.others)];
  const rows = sources.filter((source) => source !== null).join(' UNION ALL ') || numbered('paths', [-1])!;
  return read(connection, `SELECT ${FIELDS} FROM (${rows}) ORDER BY ${order}`, values);
}

/** Null for no numbers. */
function numbered(table: string, numbers: readonly number[]): string | null {
  if (numbers.length === 0) return null;
  // Between them is known for all rows of a group at once.
  const between = `number BETWEEN ${Math.min(...numbers)} AND ${Math.max(...numbers)}`;
  return `SELECT * FROM ${table} WHERE ${between} AND number IN (${numbers.join(', ')})`;
}

async function rankedNumbers(connection: DuckDBConnection, query: DiskQuery): Promise<number[]> {
  const picked: DuckDBValue[] = [];
  const bind = (value: DuckDBValue) => `$${picked.push(value)}`;
  const rank = sqlRank(query, bind);
  const around = query.within === undefined ? [] : [await numbersSql(connection, query.within)];
  const filters = [`run = ${bind(query.run)}`, `${rank} IS NOT NULL`, ...around, ...sqlFilter(query, bind)];
  const wanted = filters.join(' AND ');
  const limited = `LIMIT ${bind(query.limit)}::BIGINT`;
  const pick = `SELECT number::DOUBLE FROM ${viewFor(query)} WHERE ${wanted} ORDER BY ${rank} DESC, number ${limited}`;
  return ((await connection.runAndReadAll(pick, picked)).getColumnsJS()[0] ?? []) as number[];
}

async function numbersSql(connection: DuckDBConnection, within: NonNullable<DiskQuery['within']>): Promise<string> {
  const { from, to } = await numbersWithin(connection, within);
  return `number BETWEEN ${from} AND ${to}`;
}

/** The times alone are much cheaper to ask. */
function viewFor({ run: _, order, at, limit, class: __, within, ...filter }: DiskQuery): string {
  return Object.values(filter).every((condition) => condition === undefined) ? 'path_times' : 'paths';
}

export function readPath(connection: DuckDBConnection, { run, number }: Calls['path']['ask']): Promise<FoundRows> {
  return read(connection, `${SELECT} WHERE run = $1 AND number = $2::BIGINT`, [run, number]);
}

export async function readPage(connection: DuckDBConnection, ask: Calls['page']['ask']): Promise<FoundRows> {
  const end = (await pageEnd(connection, ask)) ?? -1;
  const which = 'run = $1 AND number BETWEEN $2::BIGINT AND $3::BIGINT';
  return read(connection, `${SELECT} WHERE ${which} ORDER BY number`, [ask.run, ask.from, end]);
}

async function read(connection: DuckDBConnection, query: string, values: DuckDBValue[]): Promise<FoundRows> {
  const result = await connection.run(query, values);
  const chunks = await result.fetchAllChunks();
  const count = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const found: FoundRows = { columns: pathColumns(count), numbers: new Float64Array(count), vmNames: [] };
  for (const chunk of chunks) {
    const rows = rowsOf(chunk, (name) => indexIn(found.vmNames, name));
    found.numbers.set(chunk.getColumnValues(PATH_FIELDS.length) as number[], found.columns.count);
    copyRows(rows, 0, found.columns, found.columns.count, rows.count);
    found.columns.count += rows.count;
  }
  return found;
}

function indexIn(names: string[], name: string): number {
  const known = names.indexOf(name);
  return known >= 0 ? known : names.push(name) - 1;
}

/** Of the newest `limit` paths. */
export async function readKeys(connection: DuckDBConnection, limit: number): Promise<PathKeys> {
  const columns = 'client_address, server_address, client_port::DOUBLE, server_port::DOUBLE, request_seq::DOUBLE';
  const from = (await nextNumber(connection)) - limit;
  const unkept = await readUnkept(connection, from);
  const result = await connection.run(`SELECT ${columns} FROM paths WHERE number >= $1::BIGINT ORDER BY number`, [
    from,
  ]);
  const chunks = await result.fetchAllChunks();
  const count = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const found = { keys: new Uint8Array(count * KEY_BYTES), requestSeqs: new Uint32Array(count) };
  const ports = new DataView(found.keys.buffer);
  const bytes = new Map<string, Uint8Array>();
  let at = 0;
  for (const chunk of chunks) {
    const [clients, servers, clientPorts, serverPorts, sequences] = chunk.getColumns();
    for (let i = 0; i < chunk.rowCount; i++, at++) {
      found.keys.set(addressOf(bytes, clients![i] as string), at * KEY_BYTES);
      found.keys.set(addressOf(bytes, servers![i] as string), at * KEY_BYTES + 16);
      ports.setUint16(at * KEY_BYTES + 32, clientPorts![i] as number, true);
      ports.setUint16(at * KEY_BYTES + 34, serverPorts![i] as number, true);
      found.requestSeqs[at] = sequences![i] as number;
    }
  }
  return joinedKeys([...unkept, found]);
}

function joinedKeys(all: readonly PathKeys[]): PathKeys {
  return {
    keys: Buffer.concat(all.map(({ keys }) => keys)),
    requestSeqs: Uint32Array.from(all.flatMap(({ requestSeqs }) => [...requestSeqs])),
  };
}

/** Addresses repeat; clients may be many, so only some thousands are remembered. */
function addressOf(known: Map<string, Uint8Array>, text: string): Uint8Array {
  const found = known.get(text);
  if (found !== undefined) return found;
  const bytes = addressBytes(text) ?? new Uint8Array(16);
  if (known.size < 4096) known.set(text, bytes);
  return bytes;
}
