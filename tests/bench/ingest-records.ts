/** A recording's paths as the two records that each was joined of: what the host's and the guest's kernel wrote. */
import { join } from 'node:path';
import { KEY_BYTES, type PathColumns, STATION_COUNT } from '../../server/join/paths.ts';
import { pathsOf } from '../../server/store/recording.ts';
import { HEAD_BYTES } from '../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, type Station, stationIndex } from '../../server/wire/stations.ts';
import { GUEST_AHEAD_NS } from '../server/exchanges.ts';
import { encodeRecord, type RecordFields } from '../server/wire/encode-record.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The guest with both cards, asked in turn: see recordings/README.md. */
const RECORDINGS = ['virtio-net-pci', 'e1000'].map((nic) => join(ROOT, 'recordings', `${nic}.parquet`));
/** nic.rx of every record as it is made here, on the host's clock. */
export const ORIGIN_NS = 2 ** 40;

export interface RecordedExchange {
  host: Uint8Array;
  guest: Uint8Array;
  /** nic.rx to the last response byte at nic.tx. */
  lengthNs: number;
  /** Client's address and port, and the sequence number of the request. */
  connection: string;
  requestSeq: number;
  /** As it was recorded. */
  columns: PathColumns;
  row: number;
}

/** All of both recordings, in the order in which they were asked. */
export async function recordedExchanges(): Promise<RecordedExchange[]> {
  const all: RecordedExchange[] = [];
  for (const file of RECORDINGS) {
    for await (const columns of pathsOf(file, () => 0)) {
      for (let row = 0; row < columns.count; row++) all.push(recorded(columns, row));
    }
  }
  const atMs = ({ columns, row }: RecordedExchange) => columns.atMs[row]!;
  return all.sort((a, b) => atMs(a) - atMs(b));
}

function recorded(columns: PathColumns, row: number): RecordedExchange {
  const key = columns.keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
  const ports = new DataView(columns.keys.buffer, key.byteOffset + 32);
  const common = {
    client: key.subarray(0, 16),
    server: key.subarray(16, 32),
    clientPort: ports.getUint16(0, true),
    serverPort: ports.getUint16(2, true),
    requestSeq: columns.requestSeq[row]!,
    requestBytes: columns.requestBytes[row]!,
    responseBytes: columns.responseBytes[row]!,
    flags: columns.flags[row]!,
    protocol: columns.protocol[row]!,
  };
  return {
    host: encodeRecord({ ...common, ...hostFields(columns, row) }),
    guest: encodeRecord({ ...common, ...guestFields(columns, row) }),
    lengthNs: columns.endToEnd[row]!,
    connection: key.toString(),
    requestSeq: common.requestSeq,
    columns,
    row,
  };
}

function hostFields(columns: PathColumns, row: number): RecordFields {
  return {
    vantage: 'host',
    ...stampsOf(columns, row, HOST_STATIONS, ORIGIN_NS),
    ifindex: columns.tap[row]!,
    rttNs: known(columns.clientRtt[row]!),
    ackedNs: known(columns.acked[row]!),
    connectNs: known(columns.connect[row]!),
    retransmitsIn: columns.retransmitsIn[row]!,
    retransmitsOut: columns.retransmitsOut[row]!,
    zeroWindows: columns.zeroWindows[row]!,
    synRetries: columns.synRetries[row]!,
  };
}

/** On the guest's own clock, which is as far from the host's as in all tests. */
function guestFields(columns: PathColumns, row: number): RecordFields {
  const { heads, headLength, guestOffset } = columns;
  const head = heads.subarray(row * HEAD_BYTES, row * HEAD_BYTES + headLength[row]!);
  return {
    vantage: 'guest',
    ...stampsOf(columns, row, GUEST_STATIONS, ORIGIN_NS + guestOffset[row]! + Number(GUEST_AHEAD_NS)),
    ifindex: columns.vnic[row]!,
    runDelayNs: known(columns.runDelay[row]!),
    status: columns.status[row]!,
    head: String.fromCharCode(...head),
  };
}

function stampsOf(columns: PathColumns, row: number, stations: readonly Station[], zeroNs: number) {
  const stamps = (of: Float64Array) =>
    stations.map((station) => {
      const ns = of[row * STATION_COUNT + stationIndex(station)]!;
      return Number.isNaN(ns) ? 0n : BigInt(zeroNs + ns);
    });
  return { first: stamps(columns.first), last: stamps(columns.last) };
}

function known(ns: number): number {
  return Number.isNaN(ns) ? 0 : ns;
}
