/** The tables of a store's file; the view `paths` over them is in `stored-view.ts`. */
import type { ColumnType } from './column-appender.ts';
import { OTHER_NAMES, USUAL_NAMES } from './packed-rows.ts';

export type Columns = Readonly<Record<string, ColumnType>>;

/** Of a row of paths, beside what was measured. */
const OWN = {
  ...{ number: 'BIGINT', run: 'INTEGER', class: 'INTEGER' },
  ...{ kind: 'UINTEGER', connection: 'UINTEGER', low_seq: 'INTEGER' },
} as const satisfies Columns;
export const OWN_NAMES = [...Object.keys(OWN), 'ticks'];

function pathColumnsOf(ticks: ColumnType, measurement: ColumnType, names: readonly string[]): Columns {
  return { ...OWN, ticks, ...Object.fromEntries(names.map((name) => [name, measurement])) };
}

/**
 * Texts of runs and VMs are kept once; what the paths of a connection have in
 * common is kept with the connection, and what is counted but seldom differs
 * with the kind of request.
 */
export const TABLES = {
  /** The three shapes of a path. */
  usual_paths: pathColumnsOf('BIGINT', 'PACKED', USUAL_NAMES),
  other_paths: pathColumnsOf('BIGINT', 'PACKED', [...USUAL_NAMES, ...OTHER_NAMES]),
  long_paths: pathColumnsOf('DOUBLE', 'DOUBLE', [...USUAL_NAMES, ...OTHER_NAMES]),
  connections: {
    ...{ id: 'UINTEGER', run: 'INTEGER', tap: 'UINTEGER', vnic: 'UINTEGER' },
    ...{ client_address: 'VARCHAR', client_port: 'INTEGER', server_address: 'VARCHAR', server_port: 'INTEGER' },
    ...{ high_seq: 'INTEGER', client_rtt_ns: 'DOUBLE' },
  },
  kinds: {
    ...{ id: 'UINTEGER', run: 'INTEGER', vm: 'INTEGER', head: 'UINTEGER', status: 'INTEGER', protocol: 'INTEGER' },
    ...{ flags: 'UINTEGER', request_bytes: 'UINTEGER', response_bytes: 'UINTEGER', clock: 'INTEGER' },
    ...{ retransmits_in: 'UINTEGER', retransmits_out: 'UINTEGER', zero_windows: 'INTEGER', syn_retries: 'INTEGER' },
  },
  heads: { id: 'UINTEGER', run: 'INTEGER', method: 'VARCHAR', path: 'VARCHAR' },
  /** Of runs and VMs. */
  names: { id: 'INTEGER', name: 'VARCHAR' },
} as const satisfies Record<string, Columns>;
export type TableName = keyof typeof TABLES;

/** Where the rows of paths are, by SHAPE. */
export const PATH_TABLES = ['usual_paths', 'other_paths', 'long_paths'] as const satisfies readonly TableName[];
export type PathTable = (typeof PATH_TABLES)[number];
/** What they refer to, run by run. */
export const RUN_TABLES = ['connections', 'kinds', 'heads'] as const satisfies readonly TableName[];

export function tableDefinition(name: TableName): string {
  const columns = Object.entries<ColumnType>(TABLES[name]);
  const sqlType = (type: ColumnType) => (type === 'PACKED' ? 'INTEGER' : type);
  return `CREATE TABLE ${name} (${columns.map(([column, type]) => `"${column}" ${sqlType(type)}`).join(', ')})`;
}
