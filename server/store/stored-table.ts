/** The tables of a store's file; the view `paths` over them is in `stored-view.ts`. */
import type { ColumnType } from './column-appender.ts';
import { SHORT_NAMES, SPREAD_NAMES } from './packed-rows.ts';

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
  short_paths: pathColumnsOf('BIGINT', 'PACKED', SHORT_NAMES),
  spread_paths: pathColumnsOf('BIGINT', 'PACKED', [...SHORT_NAMES, ...SPREAD_NAMES]),
  long_paths: pathColumnsOf('DOUBLE', 'DOUBLE', [...SHORT_NAMES, ...SPREAD_NAMES]),
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
export const PATH_TABLES = ['short_paths', 'spread_paths', 'long_paths'] as const satisfies readonly TableName[];
/** What they refer to, run by run. */
export const RUN_TABLES = ['connections', 'kinds', 'heads'] as const satisfies readonly TableName[];

export function tableDefinition(name: TableName): string {
  const columns = Object.entries<ColumnType>(TABLES[name]);
  const sqlType = (type: ColumnType) => (type === 'PACKED' ? 'INTEGER' : type);
  return `CREATE TABLE ${name} (${columns.map(([column, type]) => `"${column}" ${sqlType(type)}`).join(', ')})`;
}
