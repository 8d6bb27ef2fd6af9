/** Rows of paths into a table of DuckDB, and back: chunk by chunk, column by column. */
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import { deriveLayers, vnicRoundTrip } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns, pathColumns } from '../join/paths.ts';
import { LAYER_IDS } from '../wire/stations.ts';
import { columnName, type FieldType, type FieldValue, PATH_FIELDS } from './path-fields.ts';

/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048;
const TYPES: Record<FieldType, DuckDBType> = { BIGINT, DOUBLE, UINTEGER, USMALLINT, UTINYINT, VARCHAR };

export interface Field {
  name: string;
  type: FieldType;
  read(columns: PathColumns, row: number, vmNames: readonly string[]): FieldValue;
}

function duration(name: string, read: (columns: PathColumns, row: number) => number): Field {
  return {
    name: `${name}_ns`,
    type: 'BIGINT',
    read: (columns, row) => {
      const ns = read(columns, row);
      return Number.isNaN(ns) ? null : ns;
    },
  };
}

/** What follows from the stamps: for those who read the table without us. */
export const DERIVED_FIELDS: readonly Field[] = [
  ...LAYER_IDS.map((layer, i) => duration(columnName(layer), ({ layers }, row) => layers[row * LAYER_COUNT + i]!)),
  duration('vnic_both', vnicRoundTrip),
  duration('end_to_end', ({ endToEnd }, row) => endToEnd[row]!),
];

/** The columns' definitions, as `CREATE TABLE` wants them. */
export function definitions(fields: readonly Field[]): string {
  return fields.map(({ name, type }) => `"${name}" ${type}`).join(', ');
}

/** Appends rows to a table of exactly these fields. */
export class PathAppender {
  readonly #connection: DuckDBConnection;
  readonly #table: string;
  readonly #fields: readonly Field[];

  constructor(connection: DuckDBConnection, table: string, fields: readonly Field[]) {
    this.#connection = connection;
    this.#table = table;
    this.#fields = fields;
  }

  /** Resolves when rows [from, to) are in the table. */
  async append(columns: PathColumns, from: number, to: number, vmNames: readonly string[]): Promise<void> {
    const appender = await this.#connection.createAppender(this.#table);
    const types = this.#fields.map(({ type }) => TYPES[type]);
    for (let at = from; at < to; at += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, to - at);
      const chunk = DuckDBDataChunk.create(types, rows);
      for (const [column, field] of this.#fields.entries()) fill(chunk, column, field, columns, at, rows, vmNames);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }
}

function fill(
  chunk: DuckDBDataChunk,
  column: number,
  { type, read }: Field,
  columns: PathColumns,
  from: number,
  rows: number,
  vmNames: readonly string[],
): void {
  const vector = chunk.getColumnVector(column);
  const isBig = type === 'BIGINT';
  for (let i = 0; i < rows; i++) {
    const value = read(columns, from + i, vmNames);
    vector.setItem(i, (isBig && value !== null ? BigInt(value) : value) as never);
  }
  vector.flush();
}

/** A query for all that {@link rowsOf} reads; numbers come as doubles, for no row's sake a BigInt. */
export function selection(): string {
  return PATH_FIELDS.map(({ name, type }) => (type === 'VARCHAR' ? `"${name}"` : `"${name}"::DOUBLE`)).join(', ');
}

/** One chunk of that query, as columns with their layers derived. */
export function rowsOf(chunk: DuckDBDataChunk, vmIndex: (name: string) => number): PathColumns {
  const columns = pathColumns(chunk.rowCount);
  columns.count = chunk.rowCount;
  PATH_FIELDS.forEach((field, at) => {
    chunk.getColumnValues(at).forEach((value, row) => {
      field.write(columns, row, value as FieldValue, vmIndex);
    });
  });
  deriveLayers(columns, 0, columns.count);
  return columns;
}
