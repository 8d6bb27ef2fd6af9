/** The tables of a store's file; the view `paths` over them is in `stored-view.ts`. */
import type { ColumnType } from './column-appender.ts';
import { PACKED_NAMES } from './packed-rows.ts';

export type Columns = Readonly<Record<string, ColumnType>>;

/** Of a row of paths, beside what was measured. */
export const OWN = {
  ...{ number: 'BIGINT', run: 'INTEGER', vm: 'INTEGER', class: 'INTEGER' },
  ...{ kind: 'BIGINT', connection: 'BIGINT', low_seq: 'INTEGER' },
} as const satisfies Columns;

function pathColumnsOf(ticks: ColumnType, measurement: ColumnType): Columns {
  return { ...OWN, ticks, ...Object.fromEntries(PACKED_NAMES.map((name) => [name, measurement])) };
}

/**
 * Texts of runs and VMs are kept once; what the paths of a connection have in
 * common is kept with the connection, and what is counted but seldom differs
 * with the kind of request.
 */
export const TABLES = {
  /** Nearly all paths. */
  packed_paths: pathColumnsOf('BIGINT', 'PACKED'),
  /** Those with a time that is beyond 32 bits or not whole. */
  long_paths: pathColumnsOf('DOUBLE', 'DOUBLE'),
  connections: {
    ...{ id: 'BIGINT', run: 'INTEGER', tap: 'BIGINT', vnic: 'BIGINT' },
    ...{ client_address: 'VARCHAR', client_port: 'INTEGER', server_address: 'VARCHAR', server_port: 'INTEGER' },
    ...{ high_seq: 'INTEGER', client_rtt_ns: 'DOUBLE' },
  },
  kinds: {
    ...{ id: 'BIGINT', run: 'INTEGER', head: 'BIGINT', status: 'INTEGER', protocol: 'INTEGER', flags: 'BIGINT' },
    ...{ request_bytes: 'BIGINT', response_bytes: 'BIGINT', clock: 'INTEGER' },
    ...{ retransmits_in: 'BIGINT', retransmits_out: 'BIGINT', zero_windows: 'INTEGER', syn_retries: 'INTEGER' },
  },
  heads: { id: 'BIGINT', run: 'INTEGER', method: 'VARCHAR', path: 'VARCHAR' },
  /** Of runs and VMs. */
  names: { id: 'INTEGER', name: 'VARCHAR' },
} as const satisfies Record<string, Columns>;
export type TableName = keyof typeof TABLES;

/** Where the rows of paths are. */
export const PATH_TABLES = ['packed_paths', 'long_paths'] as const satisfies readonly TableName[];
/** What they refer to, run by run. */
export const RUN_TABLES = ['connections', 'kinds', 'heads'] as const satisfies readonly TableName[];

export function tableDefinition(name: TableName): string {
  const columns = Object.entries<ColumnType>(TABLES[name]);
  const sqlType = (type: ColumnType) => (type === 'PACKED' ? 'INTEGER' : type);
  return `CREATE TABLE ${name} (${columns.map(([column, type]) => `"${column}" ${sqlType(type)}`).join(', ')})`;
}
