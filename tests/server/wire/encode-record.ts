import { RECORD_BYTES, RECORD_OFFSETS, RECORD_STATIONS, VANTAGE } from '../../../server/wire/record.ts';
import type { Vantage } from '../../../server/wire/stations.ts';

/** A record as a test writes it; what is left out is 0 or empty. Stamps are absolute ns, 0n is missing. */
export interface RecordFields {
  vantage: Vantage;
  first?: readonly bigint[];
  /** Left out: like `first`. */
  last?: readonly bigint[];
  /** 16 bytes each. */
  client?: ArrayLike<number>;
  server?: ArrayLike<number>;
  clientPort?: number;
  serverPort?: number;
  requestSeq?: number;
  responseSeq?: number;
  requestBytes?: number;
  responseBytes?: number;
  ifindex?: number;
  rttNs?: number;
  flags?: number;
  task?: number;
  ackedNs?: number;
  connectNs?: number;
  runDelayNs?: number;
  retransmitsIn?: number;
  retransmitsOut?: number;
  zeroWindows?: number;
  synRetries?: number;
  /** Index into PROTOCOLS. */
  protocol?: number;
  status?: number;
  head?: string;
}

/** ::ffff:a.b.c.d as the record holds it. */
export function mappedAddress(a: number, b: number, c: number, d: number): number[] {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, a, b, c, d];
}

/** The bytes that the kernel would write, through DataView: written apart from the code that reads them. */
export function encodeRecord(fields: RecordFields): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  const first = fields.first ?? [];
  const last = fields.last ?? first;
  for (let i = 0; i < RECORD_STATIONS; i++) {
    view.setBigUint64(RECORD_OFFSETS.first + 8 * i, first[i] ?? 0n, true);
    view.setBigUint64(RECORD_OFFSETS.last + 8 * i, last[i] ?? 0n, true);
  }
  bytes.set(fields.client ?? mappedAddress(10, 0, 0, 1), RECORD_OFFSETS.client);
  bytes.set(fields.server ?? mappedAddress(10, 0, 0, 2), RECORD_OFFSETS.server);
  view.setUint16(RECORD_OFFSETS.client_port, fields.clientPort ?? 0, true);
  view.setUint16(RECORD_OFFSETS.server_port, fields.serverPort ?? 0, true);
  view.setUint32(RECORD_OFFSETS.request_seq, fields.requestSeq ?? 0, true);
  view.setUint32(RECORD_OFFSETS.response_seq, fields.responseSeq ?? 0, true);
  view.setUint32(RECORD_OFFSETS.request_bytes, fields.requestBytes ?? 0, true);
  view.setUint32(RECORD_OFFSETS.response_bytes, fields.responseBytes ?? 0, true);
  view.setUint32(RECORD_OFFSETS.ifindex, fields.ifindex ?? 0, true);
  view.setUint32(RECORD_OFFSETS.rtt_ns, fields.rttNs ?? 0, true);
  view.setUint32(RECORD_OFFSETS.flags, fields.flags ?? 0, true);
  view.setUint32(RECORD_OFFSETS.task, fields.task ?? 0, true);
  view.setUint32(RECORD_OFFSETS.acked_ns, fields.ackedNs ?? 0, true);
  view.setUint32(RECORD_OFFSETS.connect_ns, fields.connectNs ?? 0, true);
  view.setUint32(RECORD_OFFSETS.run_delay_ns, fields.runDelayNs ?? 0, true);
  view.setUint16(RECORD_OFFSETS.retransmits_in, fields.retransmitsIn ?? 0, true);
  view.setUint16(RECORD_OFFSETS.retransmits_out, fields.retransmitsOut ?? 0, true);
  view.setUint8(RECORD_OFFSETS.zero_windows, fields.zeroWindows ?? 0);
  view.setUint8(RECORD_OFFSETS.syn_retries, fields.synRetries ?? 0);
  view.setUint8(RECORD_OFFSETS.protocol, fields.protocol ?? 0);
  view.setUint16(RECORD_OFFSETS.status, fields.status ?? 0, true);
  view.setUint8(RECORD_OFFSETS.vantage, VANTAGE[fields.vantage]);
  const head = new TextEncoder().encode(fields.head ?? '');
  view.setUint8(RECORD_OFFSETS.head_len, head.length);
  bytes.set(head.subarray(0, RECORD_BYTES - RECORD_OFFSETS.head), RECORD_OFFSETS.head);
  return bytes;
}

/** Records behind one another. */
export function concatRecords(records: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(records.length * RECORD_BYTES);
  for (const [i, record] of records.entries()) all.set(record, i * RECORD_BYTES);
  return all;
}
