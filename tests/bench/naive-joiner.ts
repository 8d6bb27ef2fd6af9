/** The obvious way to join: an object per record, and a Map with string keys. */
import type { RecordSource } from '../../server/join/record-source.ts';
import { RECORD_BYTES, RECORD_OFFSETS } from '../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, type Vantage } from '../../server/wire/stations.ts';

export interface NaiveRecord {
  /** Addresses, ports and the sequence number of the request, as hexadecimal digits. */
  key: string;
  vantage: Vantage;
  /** First bytes, then last bytes, in the order of the stations. */
  stamps: number[];
  status: number;
  /** All of it, as it came. */
  bytes: Buffer;
}

export interface NaivePair {
  host: NaiveRecord;
  guest: NaiveRecord;
}

function naiveRecord(view: DataView, at: number, { vantage, base }: RecordSource): NaiveRecord {
  const stations = vantage === 'host' ? HOST_STATIONS.length : GUEST_STATIONS.length;
  const stamps: number[] = [];
  for (let i = 0; i < stations; i++) stamps.push(Number(view.getBigUint64(at + 8 * i, true) - base));
  for (let i = 0; i < stations; i++) {
    stamps.push(Number(view.getBigUint64(at + RECORD_OFFSETS.last + 8 * i, true) - base));
  }
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, RECORD_BYTES);
  const key = bytes.toString('hex', RECORD_OFFSETS.client, RECORD_OFFSETS.response_seq);
  return { key, vantage, stamps, status: view.getUint16(at + RECORD_OFFSETS.status, true), bytes };
}

export class NaiveJoiner {
  readonly #pending = new Map<string, NaiveRecord>();

  /** @returns the pairs that are complete now */
  add(records: Uint8Array, source: RecordSource): NaivePair[] {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    const pairs: NaivePair[] = [];
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      const record = naiveRecord(view, at, source);
      const other = this.#pending.get(record.key);
      if (!other) this.#pending.set(record.key, record);
      else {
        this.#pending.delete(record.key);
        pairs.push(record.vantage === 'host' ? { host: record, guest: other } : { host: other, guest: record });
      }
    }
    return pairs;
  }
}
