/**
 * Which paths a query wants. Each condition stands here once, for rows in
 * memory and beside it for the database, so that both give the same answer.
 */
import type { DuckDBValue } from '@duckdb/node-api';
import { KEY_BYTES, LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { addressText } from '../wire/address.ts';
import { CLASSES, FLAGS, HEAD_BYTES } from '../wire/record.ts';
import { LAYER_IDS, LAYERS, type SumLayer } from '../wire/stations.ts';
import { columnName } from './path-fields.ts';

/** What is not there does not matter. */
export interface PathFilter<Vm = number> {
  /** Index into the server's VM table; its name for the database. */
  vm?: Vm;
  /** Index into CLASSES. */
  class?: number;
  /** A part of `METHOD /path`. */
  text?: string;
  /** HTTP status, both ends included; 0 is "not read". */
  status?: { from: number; to: number };
  /** Answered with an error status, or reset. */
  failed?: boolean;
  /** Takes at least so long, ns; `layer` null is end to end. */
  slow?: { layer: SumLayer | null; overNs: number };
  /** Began in [fromMs, toMs). */
  within?: { fromMs: number; toMs: number };
  /** Of this connection: KEY_BYTES as in `PathColumns.keys`. */
  connection?: Uint8Array;
}

/** Takes note of a value and gives the word that stands for it in the query. */
export type Bind = (value: DuckDBValue) => string;

interface Condition {
  fits(columns: PathColumns, row: number): boolean;
  sql(bind: Bind): string;
}

const FIRST_ERROR = 400;

/** Whether a row is wanted. */
export function rowFilter(filter: PathFilter): (columns: PathColumns, row: number) => boolean {
  const all = conditions(filter);
  return (columns, row) => all.every(({ fits }) => fits(columns, row));
}

/** The same for a query of the table `paths`: what must hold, none of it may be left out. */
export function sqlFilter(filter: PathFilter<string>, bind: Bind): string[] {
  return conditions(filter).map(({ sql }) => sql(bind));
}

function conditions(filter: PathFilter<number | string>): Condition[] {
  const { vm, text, status, slow, within, connection } = filter;
  return [
    vm !== undefined && ofVm(vm),
    filter.class !== undefined && ofClass(filter.class),
    text !== undefined && withText(text),
    status !== undefined && withStatus(status),
    filter.failed === true && FAILED,
    slow !== undefined && (slow.layer === null ? slowEndToEnd(slow.overNs) : slowLayer(slow.layer, slow.overNs)),
    within !== undefined && beganIn(within),
    connection !== undefined && ofConnection(connection),
  ].filter((condition) => condition !== false);
}

function ofVm(vm: number | string): Condition {
  return { fits: (columns, row) => columns.vm[row] === vm, sql: (bind) => `vm = ${bind(vm)}` };
}

function ofClass(index: number): Condition {
  return {
    fits: (columns, row) => columns.class[row] === index,
    sql: (bind) => `class = ${bind(CLASSES[index] ?? '')}`,
  };
}

function withText(text: string): Condition {
  return {
    fits: ({ heads, headLength }, row) => {
      const at = row * HEAD_BYTES;
      return String.fromCharCode(...heads.subarray(at, at + headLength[row]!)).includes(text);
    },
    sql: (bind) => `contains(method || ' ' || path, ${bind(text)})`,
  };
}

function withStatus({ from, to }: NonNullable<PathFilter['status']>): Condition {
  return {
    fits: ({ status }, row) => status[row]! >= from && status[row]! <= to,
    sql: (bind) => `status BETWEEN ${bind(from)} AND ${bind(to)}`,
  };
}

const FAILED: Condition = {
  fits: ({ status, flags }, row) => status[row]! >= FIRST_ERROR || (flags[row]! & FLAGS.reset) !== 0,
  sql: () => `(status >= ${FIRST_ERROR} OR (flags & ${FLAGS.reset}) <> 0)`,
};

function beganIn({ fromMs, toMs }: NonNullable<PathFilter['within']>): Condition {
  return {
    fits: ({ atMs }, row) => atMs[row]! >= fromMs && atMs[row]! < toMs,
    sql: (bind) => `at_ms >= ${bind(fromMs)}::DOUBLE AND at_ms < ${bind(toMs)}::DOUBLE`,
  };
}

function slowEndToEnd(overNs: number): Condition {
  return {
    fits: ({ endToEnd }, row) => endToEnd[row]! >= overNs,
    sql: (bind) => `end_to_end_ns >= ${bind(overNs)}::BIGINT`,
  };
}

function slowLayer(layer: SumLayer, overNs: number): Condition {
  const index = LAYER_IDS.indexOf(layer);
  return {
    fits: ({ layers }, row) => layers[row * LAYER_COUNT + index]! >= overNs,
    sql: (bind) => `${layerSql(layer)} >= ${bind(overNs)}::BIGINT`,
  };
}

/** A layer's time from the stored stamps, as `deriveLayers` has it: nothing of the guest's where a clock jumped. */
function layerSql(layer: SumLayer): string {
  const { from, to, clock, direction } = LAYERS.find((l) => l.layer === layer)!;
  if (layer === 'transfer') return 'nic_tx_last_ns';
  const own = `${columnName(to)}_ns - ${columnName(from)}_ns`;
  const offset = clock === 'crosses' ? `${direction === 'in' ? '+' : '-'} guest_offset_ns` : '';
  return clock === 'host' ? `(${own})` : `(CASE WHEN clock <> 'gap' THEN ${own} ${offset} END)`;
}

function ofConnection(key: Uint8Array): Condition {
  const port = (at: number) => key[at]! | (key[at + 1]! << 8);
  return {
    fits: ({ keys }, row) => {
      const at = row * KEY_BYTES;
      for (let i = 0; i < KEY_BYTES; i++) if (keys[at + i] !== key[i]) return false;
      return true;
    },
    sql: (bind) =>
      [
        `client_address = ${bind(addressText(key, 0))} AND client_port = ${bind(port(32))}`,
        `server_address = ${bind(addressText(key, 16))} AND server_port = ${bind(port(34))}`,
      ].join(' AND '),
  };
}
