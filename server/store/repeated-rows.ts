/** What rows of paths have in common, found once: connections, kinds of requests, heads. */
import { KEY_BYTES, type PathColumns } from '../join/paths.ts';
import { addressText } from '../wire/address.ts';
import { HEAD_BYTES, headText } from '../wire/record.ts';
import type { Column } from './column-appender.ts';
import type { RUN_TABLES } from './stored-table.ts';
import { WordIds } from './word-ids.ts';

export type RunTable = (typeof RUN_TABLES)[number];

/** Number of the run and the VM of each row. */
export interface Named {
  runs: Float64Array;
  vms: Float64Array;
}

/** For each row of a batch its number in a table, and the rows that brought a new one. */
export interface Found {
  of: Float64Array;
  fresh: Uint32Array;
}

/** Known at once; what comes after that is there again under a new number. */
const KNOWN: Record<RunTable, number> = { connections: 65_536, kinds: 65_536, heads: 16_384 };
const WORDS: Record<RunTable, number> = { connections: 15, kinds: 13, heads: 20 };
const HEAD_WORDS = HEAD_BYTES / 4;
const KEY_WORDS = KEY_BYTES / 4;

export class RepeatedRows {
  readonly #ids: Record<RunTable, WordIds>;

  /** @param next number of the next row of each table */
  constructor(next: Record<RunTable, number>) {
    const idsOf = (table: RunTable) => new WordIds(WORDS[table], KNOWN[table], next[table]);
    this.#ids = { connections: idsOf('connections'), kinds: idsOf('kinds'), heads: idsOf('heads') };
  }

  find(paths: PathColumns, { runs, vms }: Named): Record<RunTable, Found> {
    const heads = found(this.#ids.heads, paths.count, headWords(paths, runs));
    const kinds = found(this.#ids.kinds, paths.count, kindWords(paths, runs, vms, heads.of));
    return { heads, kinds, connections: found(this.#ids.connections, paths.count, connectionWords(paths, runs)) };
  }
}

type Fill = (words: Uint32Array, row: number) => void;

function found(ids: WordIds, count: number, fill: Fill): Found {
  const of = new Float64Array(count);
  const fresh = new Uint32Array(count);
  let some = 0;
  for (let row = 0; row < count; row++) {
    fill(ids.words, row);
    const { next } = ids;
    of[row] = ids.id();
    if (of[row] === next) fresh[some++] = row;
  }
  return { of, fresh: fresh.subarray(0, some) };
}

function headWords({ heads, headLength }: PathColumns, runs: Float64Array): Fill {
  const all = new Uint32Array(heads.buffer, heads.byteOffset, heads.length / 4);
  return (words, row) => {
    for (let i = 0; i < HEAD_WORDS; i++) words[i] = all[row * HEAD_WORDS + i]!;
    words[HEAD_WORDS] = headLength[row]!;
    words[HEAD_WORDS + 1] = runs[row]!;
  };
}

function kindWords(paths: PathColumns, runs: Float64Array, vms: Float64Array, heads: Float64Array): Fill {
  return (words, row) => {
    words[0] = runs[row]!;
    words[1] = heads[row]!;
    words[2] = paths.status[row]!;
    words[3] = paths.protocol[row]!;
    words[4] = paths.flags[row]!;
    words[5] = paths.requestBytes[row]!;
    words[6] = paths.responseBytes[row]!;
    words[7] = paths.clockMethod[row]!;
    words[8] = paths.retransmitsIn[row]!;
    words[9] = paths.retransmitsOut[row]!;
    words[10] = paths.zeroWindows[row]!;
    words[11] = paths.synRetries[row]!;
    words[12] = vms[row]!;
  };
}

/** With the upper half of the sequence number, which a connection seldom changes. */
function connectionWords(paths: PathColumns, runs: Float64Array): Fill {
  const { keys, tap, vnic, requestSeq, clientRtt } = paths;
  const all = new Uint32Array(keys.buffer, keys.byteOffset, keys.length / 4);
  const rtt = new Float64Array(1);
  const rttWords = new Uint32Array(rtt.buffer);
  return (words, row) => {
    for (let i = 0; i < KEY_WORDS; i++) words[i] = all[row * KEY_WORDS + i]!;
    rtt[0] = clientRtt[row]!;
    words[9] = rttWords[0]!;
    words[10] = rttWords[1]!;
    words[11] = requestSeq[row]! >>> 16;
    words[12] = tap[row]!;
    words[13] = vnic[row]!;
    words[14] = runs[row]!;
  };
}

/** A value for each of these rows, the others stay empty. */
function valuesOf<T>(rows: Uint32Array, count: number, make: (row: number) => T): T[] {
  const all = new Array<T>(count);
  for (const row of rows) all[row] = make(row);
  return all;
}

/** The columns of the three tables, for the rows that brought something new. */
export function repeatedColumns(
  paths: PathColumns,
  { runs, vms }: Named,
  { heads, kinds, connections }: Record<RunTable, Found>,
): Record<RunTable, Record<string, Column['values']>> {
  const { count, keys } = paths;
  const head = (row: number) => headText(paths.heads, row * HEAD_BYTES, paths.headLength[row]!);
  const address = (at: number) => valuesOf(connections.fresh, count, (row) => addressText(keys, row * KEY_BYTES + at));
  const ports = new Uint16Array(keys.buffer, keys.byteOffset, keys.length / 2);
  const port = (at: number) => valuesOf(connections.fresh, count, (row) => ports[(row * KEY_BYTES + at) / 2]!);
  return {
    heads: {
      id: heads.of,
      run: runs,
      method: valuesOf(heads.fresh, count, (row) => head(row).method),
      path: valuesOf(heads.fresh, count, (row) => head(row).path),
    },
    kinds: {
      id: kinds.of,
      run: runs,
      vm: vms,
      head: heads.of,
      status: paths.status,
      protocol: paths.protocol,
      flags: paths.flags,
      request_bytes: paths.requestBytes,
      response_bytes: paths.responseBytes,
      clock: paths.clockMethod,
      retransmits_in: paths.retransmitsIn,
      retransmits_out: paths.retransmitsOut,
      zero_windows: paths.zeroWindows,
      syn_retries: paths.synRetries,
    },
    connections: {
      id: connections.of,
      run: runs,
      tap: paths.tap,
      vnic: paths.vnic,
      client_address: address(0),
      client_port: port(32),
      server_address: address(16),
      server_port: port(34),
      high_seq: valuesOf(connections.fresh, count, (row) => paths.requestSeq[row]! >>> 16),
      client_rtt_ns: paths.clientRtt,
    },
  };
}
