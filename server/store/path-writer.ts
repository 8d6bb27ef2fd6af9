/** Paths into the tables of a store's file: what repeats becomes a number, what is left becomes small. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { appendColumns, type Column } from './column-appender.ts';
import { PACKED_NAMES, packRows } from './packed-rows.ts';
import { type Found, RepeatedRows, type RunTable, repeatedColumns } from './repeated-rows.ts';
import type { StoredRows } from './stored-rows.ts';
import { RUN_TABLES, TABLES, type TableName } from './stored-table.ts';

type Values = Record<string, Column['values']>;

/** What the file has numbers for. */
interface Known {
  /** Of runs and VMs, by name. */
  names: Map<string, number>;
  repeated: RepeatedRows;
}

export class PathWriter {
  readonly #connection: DuckDBConnection;
  /** Null where the file may have other numbers than we knew. */
  #known: Known | null = null;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** Call it when a transaction was rolled back, or rows were deleted. */
  forget(): void {
    this.#known = null;
  }

  /** Within the caller's transaction; resolves when the rows are in the tables. */
  async write(rows: StoredRows, vmNames: readonly string[]): Promise<void> {
    const { columns: paths, numbers, runOf, runs } = rows;
    const { count } = paths;
    this.#known ??= await readKnown(this.#connection);
    const runIds = await this.#named(runs);
    const vmIds = await this.#named(['', ...vmNames]);
    const run = Float64Array.from(runOf.subarray(0, count), (index) => runIds[index]!);
    const vm = Float64Array.from(paths.vm.subarray(0, count), (index) => vmIds[index + 1] ?? vmIds[0]!);
    const found = this.#known.repeated.find(paths, run);
    await this.#writeRepeated(found, repeatedColumns(paths, run, found));
    const { ticks, columns, fits } = packRows(paths);
    const lowSeq = Float64Array.from(paths.requestSeq.subarray(0, count), (sequence) => sequence & 0xffff);
    const references = { kind: found.kinds.of, connection: found.connections.of, low_seq: lowSeq };
    const packed = Object.fromEntries(PACKED_NAMES.map((name, i) => [name, columns[i]!]));
    const values = { number: numbers, run, vm, class: paths.class, ...references, ticks, ...packed };
    await this.#append('packed_paths', values, placesOf(fits, 1));
    await this.#append('long_paths', values, placesOf(fits, 0));
  }

  async #writeRepeated(found: Record<RunTable, Found>, columns: Record<RunTable, Values>): Promise<void> {
    for (const table of RUN_TABLES) await this.#append(table, columns[table], found[table].fresh);
  }

  /** The numbers of some names, in their order; new names get one. */
  async #named(names: readonly string[]): Promise<number[]> {
    const known = this.#known!.names;
    let next = Math.max(-1, ...known.values()) + 1;
    const fresh = [...new Set(names)].filter((name) => !known.has(name));
    const ids = fresh.map(() => next++);
    fresh.forEach((name, i) => {
      known.set(name, ids[i]!);
    });
    await this.#append('names', { id: ids, name: fresh }, Uint32Array.from(fresh.keys()));
    return names.map((name) => known.get(name)!);
  }

  #append(table: TableName, values: Values, places: Uint32Array): Promise<void> {
    const columns = Object.entries(TABLES[table]).map(([name, type]) => ({ type, values: values[name]! }));
    return appendColumns(this.#connection, table, columns, places);
  }
}

/** The rows whose `fits` is this. */
function placesOf(fits: Uint8Array, wanted: number): Uint32Array {
  const places = new Uint32Array(fits.length);
  let some = 0;
  for (let row = 0; row < fits.length; row++) if (fits[row] === wanted) places[some++] = row;
  return places.subarray(0, some);
}

async function readKnown(connection: DuckDBConnection): Promise<Known> {
  const names = await connection.runAndReadAll('SELECT name, id::DOUBLE FROM names');
  const next: Record<RunTable, number> = { connections: 0, kinds: 0, heads: 0 };
  for (const table of RUN_TABLES) {
    const result = await connection.runAndReadAll(`SELECT coalesce(max(id) + 1, 0)::DOUBLE FROM ${table}`);
    next[table] = result.getRowsJS()[0]![0] as number;
  }
  return { names: new Map(names.getRowsJS() as [string, number][]), repeated: new RepeatedRows(next) };
}
