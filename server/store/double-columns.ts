/** Columns of numbers out of a query of DuckDB. */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBDoubleVector } from '@duckdb/node-api';

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
