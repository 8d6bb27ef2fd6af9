/** Questions to the database of stored paths. */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { KEY_BYTES, pathColumns } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import { copyRows } from '../join/rows.ts';
import { addressBytes } from '../wire/address.ts';
import type { Calls, DiskQuery, FoundRows } from './duckdb-messages.ts';
import { PATH_FIELDS } from './path-fields.ts';
import { foundNumbers, pageEnd } from './path-numbers.ts';
import { rowsOf, selection } from './path-table.ts';
import { PATH_TABLES } from './stored-table.ts';

const SELECT = `SELECT ${selection()}, number::DOUBLE FROM paths`;

/** Numbers begin where they ended. */
export async function nextNumber(connection: DuckDBConnection): Promise<number> {
  const lasts = PATH_TABLES.map((table) => `(SELECT max(number) FROM ${table})`);
  const result = await connection.runAndReadAll(`SELECT coalesce(greatest(${lasts.join(', ')}) + 1, 0)::DOUBLE`);
  return result.getRowsJS()[0]![0] as number;
}

export async function readPaths(connection: DuckDBConnection, query: DiskQuery): Promise<FoundRows> {
  const numbers = await foundNumbers(connection, query);
  const by = query.order === 'slowest' ? 'end_to_end_ns DESC, number' : 'number DESC';
  return read(connection, `${SELECT} WHERE number IN (${[-1, ...numbers].join(', ')}) ORDER BY ${by}`, []);
}

export function readPath(connection: DuckDBConnection, { run, number }: Calls['path']['ask']): Promise<FoundRows> {
  return read(connection, `${SELECT} WHERE run = $1 AND number = $2::BIGINT`, [run, number]);
}

export async function readPage(connection: DuckDBConnection, ask: Calls['page']['ask']): Promise<FoundRows> {
  const end = (await pageEnd(connection, ask)) ?? -1;
  const query = `${SELECT} WHERE run = $1 AND number BETWEEN $2::BIGINT AND $3::BIGINT ORDER BY number`;
  return read(connection, query, [ask.run, ask.from, end]);
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
  const newest = 'number >= $1::BIGINT';
  const first = (await nextNumber(connection)) - limit;
  const result = await connection.run(`SELECT ${columns} FROM paths WHERE ${newest} ORDER BY number`, [first]);
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
  return found;
}

/** Addresses repeat; clients may be many, so only some thousands are remembered. */
function addressOf(known: Map<string, Uint8Array>, text: string): Uint8Array {
  const found = known.get(text);
  if (found !== undefined) return found;
  const bytes = addressBytes(text) ?? new Uint8Array(16);
  if (known.size < 4096) known.set(text, bytes);
  return bytes;
}
