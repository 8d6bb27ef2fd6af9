/** Columns of numbers and texts into a table of DuckDB: chunk by chunk, a loop for each column. */
import {
  BIGINT,
  DOUBLE,
  type DuckDBBigIntVector,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBDoubleVector,
  type DuckDBIntegerVector,
  type DuckDBType,
  type DuckDBUIntegerVector,
  type DuckDBVarCharVector,
  type DuckDBVector,
  INTEGER,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api';

/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048;
const TYPES = { BIGINT, DOUBLE, INTEGER, PACKED: INTEGER, UINTEGER, VARCHAR } satisfies Record<string, DuckDBType>;
/** PACKED is INTEGER without nulls, which are slow to write: 0 is null, and what is not negative is one more than it was. */
export type ColumnType = keyof typeof TYPES;

/** NaN is null in DOUBLE; the numbers of PACKED are packed already, in an Int32Array. */
export interface Column {
  readonly type: ColumnType;
  readonly values: ArrayLike<number> | readonly string[];
}

/** A loop of its own for each type, so that each calls one `setItem` only: several times faster. */
const FILL: Record<ColumnType, (vector: DuckDBVector, values: Column['values'], places: Uint32Array) => void> = {
  BIGINT(vector, values, places) {
    const to = vector as DuckDBBigIntVector;
    for (let i = 0; i < places.length; i++) to.setItem(i, BigInt(values[places[i]!] as number));
  },
  DOUBLE(vector, values, places) {
    const to = vector as DuckDBDoubleVector;
    for (let i = 0; i < places.length; i++) {
      const value = values[places[i]!] as number;
      to.setItem(i, Number.isNaN(value) ? null : value);
    }
  },
  INTEGER(vector, values, places) {
    const to = vector as DuckDBIntegerVector;
    for (let i = 0; i < places.length; i++) to.setItem(i, values[places[i]!] as number);
  },
  PACKED(vector, values, places) {
    const to = vector as DuckDBIntegerVector;
    const packed = values as Int32Array;
    for (let i = 0; i < places.length; i++) to.setItem(i, packed[places[i]!]!);
  },
  UINTEGER(vector, values, places) {
    const to = vector as DuckDBUIntegerVector;
    for (let i = 0; i < places.length; i++) to.setItem(i, values[places[i]!] as number);
  },
  VARCHAR(vector, values, places) {
    const to = vector as DuckDBVarCharVector;
    for (let i = 0; i < places.length; i++) to.setItem(i, values[places[i]!] as string);
  },
};

/** The value of a PACKED column, in SQL. */
export function unpacked(column: string): string {
  return `CASE WHEN ${column} > 0 THEN ${column} - 1 WHEN ${column} < 0 THEN ${column} END`;
}

/** Append the rows at `places` to a table of exactly these columns; resolves when they are in it. */
export async function appendColumns(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
  places: Uint32Array,
): Promise<void> {
  if (places.length === 0) return;
  const appender = await connection.createAppender(table);
  const types = columns.map(({ type }) => TYPES[type]);
  for (let at = 0; at < places.length; at += CHUNK_ROWS) {
    const some = places.subarray(at, at + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(types, some.length);
    columns.forEach(({ type, values }, column) => {
      const vector = chunk.getColumnVector(column);
      FILL[type](vector, values, some);
      vector.flush();
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
