/** Paths into the tables of a store's file: what repeats becomes a number, what is left becomes small. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { PathColumns } from '../join/paths.ts';
import { appendColumns, type Column } from './column-appender.ts';
import { measurementsOf, RowPacker } from './packed-rows.ts';
import { type Found, type Named, RepeatedRows, type RunTable, repeatedColumns } from './repeated-rows.ts';
import { SHAPE } from './row-shapes.ts';
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
  readonly #packer = new RowPacker();
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
    const { columns: paths, numbers } = rows;
    this.#known ??= await readKnown(this.#connection);
    const named = await this.#namesOf(rows, vmNames);
    const found = this.#known.repeated.find(paths, named);
    await this.#writeRepeated(found, repeatedColumns(paths, named, found));
    this.#packer.pack(paths);
    const { shapes, ticks, packed } = this.#packer;
    const own = {
      ...{ number: numbers, run: named.runs, class: paths.class, kind: found.kinds.of },
      ...{ connection: found.connections.of, low_seq: lowHalves(paths), ticks },
    };
    const rowsOf = (shape: number) => placesOf(shapes.subarray(0, paths.count), shape);
    await this.#append('usual_paths', { ...own, ...packed }, rowsOf(SHAPE.usual));
    await this.#append('other_paths', { ...own, ...packed }, rowsOf(SHAPE.other));
    await this.#writeLong(paths, own, rowsOf(SHAPE.long));
  }

  async #writeLong(paths: PathColumns, own: Record<string, ArrayLike<number>>, places: Uint32Array): Promise<void> {
    const picked = Object.entries(own).map(([name, values]) => [
      name,
      Float64Array.from(places, (row) => values[row]!),
    ]);
    const values = { ...Object.fromEntries(picked), ...measurementsOf(paths, places) };
    await this.#append('long_paths', values, Uint32Array.from(places.keys()));
  }

  /** Numbers of the run and the VM of each row. */
  async #namesOf({ columns, runOf, runs }: StoredRows, vmNames: readonly string[]): Promise<Named> {
    const runIds = await this.#named(runs);
    const [none, ...vmIds] = await this.#named(['', ...vmNames]);
    const named = { runs: new Float64Array(columns.count), vms: new Float64Array(columns.count) };
    for (let row = 0; row < columns.count; row++) {
      named.runs[row] = runIds[runOf[row]!]!;
      named.vms[row] = vmIds[columns.vm[row]!] ?? none!;
    }
    return named;
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

/** Of the sequence numbers. */
function lowHalves({ requestSeq, count }: PathColumns): Uint16Array {
  const low = new Uint16Array(count);
  for (let row = 0; row < count; row++) low[row] = requestSeq[row]!;
  return low;
}

/** The rows of a shape. */
function placesOf(shapes: Uint8Array, wanted: number): Uint32Array {
  const places = new Uint32Array(shapes.length);
  let some = 0;
  for (let row = 0; row < shapes.length; row++) if (shapes[row] === wanted) places[some++] = row;
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
