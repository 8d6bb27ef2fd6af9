/** Keys of the newest exchanges that no budget had room for: an agent may send those again as well. */

import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import { BIGINT, BLOB, blobValue, DuckDBDataChunk } from '@duckdb/node-api';
import { KEY_BYTES } from '../join/paths.ts';
import type { PathKeys } from '../join/recent-keys.ts';
import type { StoredRows } from './stored-rows.ts';

export const UNKEPT_TABLES = [
  'CREATE TABLE IF NOT EXISTS unkept (number BIGINT, batch BIGINT, keys BLOB, sequences BLOB)',
];

/** @param number of the newest path of the batch */
export async function appendUnkept(
  connection: DuckDBConnection,
  { columns }: StoredRows,
  unkept: readonly number[],
  number: number,
  batch: number,
): Promise<void> {
  if (unkept.length === 0) return;
  const keys = new Uint8Array(unkept.length * KEY_BYTES);
  unkept.forEach((row, i) => {
    keys.set(columns.keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES), i * KEY_BYTES);
  });
  const sequences = new Uint8Array(Uint32Array.from(unkept, (row) => columns.requestSeq[row]!).buffer);
  const appender = await connection.createAppender('unkept');
  const chunk = DuckDBDataChunk.create([BIGINT, BIGINT, BLOB, BLOB], 1);
  chunk.setRows([[BigInt(number), BigInt(batch), blobValue(keys), blobValue(sequences)]]);
  appender.appendDataChunk(chunk);
  appender.closeSync();
}

/** Of batches from a number on, oldest first. */
export async function readUnkept(connection: DuckDBConnection, from: number): Promise<PathKeys[]> {
  const query = 'SELECT keys, sequences FROM unkept WHERE number >= $1::BIGINT ORDER BY number';
  const rows = (await connection.runAndReadAll(query, [from])).getRows() as unknown as [
    DuckDBBlobValue,
    DuckDBBlobValue,
  ][];
  return rows.map(([keys, sequences]) => ({
    keys: keys.bytes,
    requestSeqs: new Uint32Array(Uint8Array.from(sequences.bytes).buffer),
  }));
}

/** What is so old that no agent sends it again. */
export async function forgetUnkept(connection: DuckDBConnection, below: number): Promise<void> {
  await connection.run('DELETE FROM unkept WHERE number < $1::BIGINT', [below]);
}
