/** A file as Hopscope 0.1 wrote it at first, one table with a column for every field, becomes one of today's. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { PATH_FIELDS } from './path-fields.ts';
import { rowsOf, selection } from './path-table.ts';
import type { PathWriter } from './path-writer.ts';
import { addRows, type StoredRows, storedRows } from './stored-rows.ts';
import { definitionsOfStore } from './stored-view.ts';

/** What it was called in the file. */
export const FIRST_SCHEMA = 1;
const PAGE_ROWS = 32_768;

/** Within the caller's transaction: where it ends early, the file is as it was. */
export async function migrateFirst(connection: DuckDBConnection, paths: PathWriter): Promise<void> {
  await connection.run('ALTER TABLE paths RENAME TO first_paths');
  for (const definition of definitionsOfStore()) await connection.run(definition);
  for (let from = 0; ; ) {
    const { rows, vmNames } = await readPage(connection, from);
    const { count } = rows.columns;
    if (count === 0) break;
    await paths.write(rows, vmNames);
    from = rows.numbers[count - 1]! + 1;
  }
  await connection.run('DROP TABLE first_paths');
}

async function readPage(connection: DuckDBConnection, from: number): Promise<{ rows: StoredRows; vmNames: string[] }> {
  const query = `SELECT ${selection()}, number::DOUBLE, run FROM first_paths
    WHERE number >= $1::BIGINT ORDER BY number LIMIT ${PAGE_ROWS}`;
  const chunks = await (await connection.run(query, [from])).fetchAllChunks();
  const rows = storedRows(chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0));
  const vmNames: string[] = [];
  const vmIndex = (name: string) => (vmNames.includes(name) ? vmNames.indexOf(name) : vmNames.push(name) - 1);
  for (const chunk of chunks) {
    const columns = rowsOf(chunk, vmIndex);
    const numbers = chunk.getColumnValues(PATH_FIELDS.length) as number[];
    const runs = chunk.getColumnValues(PATH_FIELDS.length + 1) as string[];
    numbers.forEach((number, row) => {
      addRows(rows, runs[row]!, number, columns, row, 1);
    });
  }
  return { rows, vmNames };
}
