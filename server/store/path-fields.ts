/**
 * The columns of a stored path, in one list: what the database and a recording
 * keep of a row of `PathColumns`, and how it comes back. What can be derived
 * (layers, end to end) is not kept. Each vantage counts from its own first
 * stamp of the path, and `guest_offset_ns` says when the guest's was on the
 * host's timeline: small numbers, which compress well.
 */
import { CLOCK_METHODS } from '../join/clock-method.ts';
import { KEY_BYTES, type PathColumns, STATION_COUNT } from '../join/paths.ts';
import { addressBytes, addressText } from '../wire/address.ts';
import { CLASSES, HEAD_BYTES, headText, PROTOCOLS } from '../wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, type LayerId, STATIONS, type Station, stationIndex } from '../wire/stations.ts';

export type FieldType = 'BIGINT' | 'DOUBLE' | 'UINTEGER' | 'USMALLINT' | 'UTINYINT' | 'VARCHAR';
/** Null is "not measured". */
export type FieldValue = number | string | null;

export interface PathField {
  readonly name: string;
  readonly type: FieldType;
  read(columns: PathColumns, row: number, vmNames: readonly string[]): FieldValue;
  /** @param vmIndex gives a name its index */
  write(columns: PathColumns, row: number, value: FieldValue, vmIndex: (name: string) => number): void;
}

const HOST_SLOTS = HOST_STATIONS.map(stationIndex);
const GUEST_SLOTS = GUEST_STATIONS.map(stationIndex);
const NO_ADDRESS = new Uint8Array(16);
const PORT_AT = { client: 32, server: 34 };
const ADDRESS_AT = { client: 0, server: 16 };

type NumberColumn = {
  [K in keyof PathColumns]: PathColumns[K] extends Float64Array | Uint32Array | Uint16Array | Uint8Array ? K : never;
}[keyof PathColumns];

/** A station or layer in a column's name: `nic.rx` is `nic_rx`. */
export function columnName(id: Station | LayerId): string {
  return id.replaceAll('.', '_');
}

function plain(name: string, type: FieldType, column: NumberColumn): PathField {
  return {
    name,
    type,
    read: (columns, row) => measured(columns[column][row]!),
    write: (columns, row, value) => {
      columns[column][row] = value === null ? Number.NaN : (value as number);
    },
  };
}

function named(name: string, column: 'class' | 'protocol' | 'clockMethod', names: readonly string[]): PathField {
  return {
    name,
    type: 'VARCHAR',
    read: (columns, row) => names[columns[column][row]!] ?? names[0]!,
    write: (columns, row, value) => {
      columns[column][row] = Math.max(0, names.indexOf(value as string));
    },
  };
}

function address(side: 'client' | 'server'): PathField[] {
  return [
    {
      name: `${side}_address`,
      type: 'VARCHAR',
      read: ({ keys }, row) => addressText(keys, row * KEY_BYTES + ADDRESS_AT[side]),
      write: ({ keys }, row, value) =>
        keys.set(addressBytes(value as string) ?? NO_ADDRESS, row * KEY_BYTES + ADDRESS_AT[side]),
    },
    {
      name: `${side}_port`,
      type: 'USMALLINT',
      read: ({ keys }, row) => {
        const at = row * KEY_BYTES + PORT_AT[side];
        return keys[at]! | (keys[at + 1]! << 8);
      },
      write: ({ keys }, row, value) => {
        const at = row * KEY_BYTES + PORT_AT[side];
        keys[at] = (value as number) & 0xff;
        keys[at + 1] = (value as number) >> 8;
      },
    },
  ];
}

function headOf({ heads, headLength }: PathColumns, row: number): { method: string; path: string } {
  return headText(heads, row * HEAD_BYTES, headLength[row]!);
}

/** The two halves of the head are written one after the other, the method first. */
const METHOD: PathField = {
  name: 'method',
  type: 'VARCHAR',
  read: (columns, row) => headOf(columns, row).method,
  write: (columns, row, value) => writeHead(columns, row, value === '' ? '' : `${value} `),
};
const PATH: PathField = {
  name: 'path',
  type: 'VARCHAR',
  read: (columns, row) => headOf(columns, row).path,
  write: (columns, row, value) => {
    const { heads, headLength } = columns;
    const at = row * HEAD_BYTES;
    writeHead(columns, row, String.fromCharCode(...heads.subarray(at, at + headLength[row]!)) + value);
  },
};

function writeHead({ heads, headLength }: PathColumns, row: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1').subarray(0, HEAD_BYTES);
  heads.fill(0, row * HEAD_BYTES, (row + 1) * HEAD_BYTES);
  heads.set(bytes, row * HEAD_BYTES);
  headLength[row] = bytes.length;
}

const VM: PathField = {
  name: 'vm',
  type: 'VARCHAR',
  read: ({ vm }, row, vmNames) => vmNames[vm[row]!] ?? '',
  write: ({ vm }, row, value, vmIndex) => {
    vm[row] = vmIndex(value as string);
  },
};

/** First stamp of a vantage in the order of the path: where it counts from. */
function zero({ first }: PathColumns, row: number, slots: readonly number[]): number {
  for (const slot of slots) {
    const ns = first[row * STATION_COUNT + slot]!;
    if (!Number.isNaN(ns)) return ns;
  }
  return 0;
}

const GUEST_OFFSET: PathField = {
  name: 'guest_offset_ns',
  type: 'BIGINT',
  read: (columns, row) =>
    measured(columns.guestOffset[row]! + zero(columns, row, GUEST_SLOTS) - zero(columns, row, HOST_SLOTS)),
  write: (columns, row, value) => {
    columns.guestOffset[row] = value === null ? Number.NaN : (value as number);
  },
};

/** When the first byte passed, and how long after it the last one did. */
function stampsOf(station: Station): PathField[] {
  const slot = stationIndex(station);
  const slots = HOST_SLOTS.includes(slot) ? HOST_SLOTS : GUEST_SLOTS;
  const at = (row: number) => row * STATION_COUNT + slot;
  return [
    {
      name: `${columnName(station)}_ns`,
      type: 'BIGINT',
      read: (columns, row) => measured(columns.first[at(row)]! - zero(columns, row, slots)),
      write: ({ first }, row, value) => {
        first[at(row)] = value === null ? Number.NaN : (value as number);
      },
    },
    {
      name: `${columnName(station)}_last_ns`,
      type: 'BIGINT',
      read: ({ first, last }, row) => measured(last[at(row)]! - first[at(row)]!),
      write: ({ first, last }, row, value) => {
        last[at(row)] = value === null ? Number.NaN : first[at(row)]! + (value as number);
      },
    },
  ];
}

/** In the order in which they must be written. */
export const PATH_FIELDS: readonly PathField[] = [
  VM,
  plain('tap', 'UINTEGER', 'tap'),
  plain('vnic', 'UINTEGER', 'vnic'),
  plain('at_ms', 'DOUBLE', 'atMs'),
  ...address('client'),
  ...address('server'),
  METHOD,
  PATH,
  plain('status', 'USMALLINT', 'status'),
  named('class', 'class', CLASSES),
  named('protocol', 'protocol', PROTOCOLS),
  plain('flags', 'UINTEGER', 'flags'),
  plain('request_seq', 'UINTEGER', 'requestSeq'),
  plain('request_bytes', 'UINTEGER', 'requestBytes'),
  plain('response_bytes', 'UINTEGER', 'responseBytes'),
  named('clock', 'clockMethod', CLOCK_METHODS),
  GUEST_OFFSET,
  plain('bound_ns', 'DOUBLE', 'bound'),
  plain('client_rtt_ns', 'BIGINT', 'clientRtt'),
  plain('acked_ns', 'BIGINT', 'acked'),
  plain('connect_ns', 'BIGINT', 'connect'),
  plain('run_delay_ns', 'BIGINT', 'runDelay'),
  plain('upstream_ns', 'BIGINT', 'upstream'),
  plain('retransmits_in', 'UINTEGER', 'retransmitsIn'),
  plain('retransmits_out', 'UINTEGER', 'retransmitsOut'),
  plain('zero_windows', 'UTINYINT', 'zeroWindows'),
  plain('syn_retries', 'UTINYINT', 'synRetries'),
  ...STATIONS.flatMap(stampsOf),
];

function measured(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
