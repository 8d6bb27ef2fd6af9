/**
 * Records joined per second on one core: the streaming joiner beside the
 * obvious one (a Map with string keys and an object per record). Both read
 * the same frames, match all pairs and leave the stamps of 13 stations.
 */
import { Joiner } from '../../server/join/joiner.ts';
import { pathColumns } from '../../server/join/paths.ts';
import type { RecordSource } from '../../server/join/record-source.ts';
import { RECORD_BYTES, RECORD_OFFSETS } from '../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, type Vantage } from '../../server/wire/stations.ts';
import { concatRecords, encodeRecord } from '../server/wire/encode-record.ts';
import { measure, report } from './rounds.ts';

const EXCHANGES = 40_000;
const FRAME_RECORDS = 256;
/** The guest's frames come this many frames after the host's: that many records wait. */
const LAG_FRAMES = 16;
const ROUNDS = 9;
/** Of the obvious joiner's rate to ours, at most. */
const TARGET_RATIO = 0.5;
const HOST: RecordSource = { index: 0, vantage: 'host', base: 10n ** 15n, wallOffsetMs: 0 };
const GUEST: RecordSource = { index: 1, vantage: 'guest', base: 10n ** 12n, wallOffsetMs: 0 };

function recordsOf(source: RecordSource): Uint8Array[] {
  const slots = source.vantage === 'host' ? HOST_STATIONS.length : GUEST_STATIONS.length;
  return Array.from({ length: EXCHANGES }, (_, i) =>
    encodeRecord({
      vantage: source.vantage,
      first: Array.from({ length: slots }, (_, slot) => source.base + BigInt(i * 200_000 + slot * 9000 + 1)),
      clientPort: 32_768 + (i % 64),
      serverPort: 80,
      requestSeq: Math.imul(i, 2_654_435_761) >>> 0,
      status: 200,
      head: 'GET /index.html',
    }),
  );
}

function framesOf(source: RecordSource): Uint8Array[] {
  const records = recordsOf(source);
  const frames: Uint8Array[] = [];
  for (let i = 0; i < records.length; i += FRAME_RECORDS) {
    frames.push(concatRecords(records.slice(i, i + FRAME_RECORDS)));
  }
  return frames;
}

interface Delivery {
  source: RecordSource;
  records: Uint8Array;
}

function deliveries(): Delivery[] {
  const host = framesOf(HOST);
  const guest = framesOf(GUEST);
  return Array.from({ length: host.length + LAG_FRAMES }, (_, i) => [
    { source: HOST, records: host[i] },
    { source: GUEST, records: guest[i - LAG_FRAMES] },
  ])
    .flat()
    .filter((d): d is Delivery => d.records !== undefined);
}

function runOurs(all: readonly Delivery[]): number {
  const joiner = new Joiner({ capacity: 16_384, queue: 1024 });
  const out = pathColumns(1024);
  let rows = 0;
  for (const { records, source } of all) {
    joiner.add(records, source);
    rows += joiner.drain(out);
    out.count = 0;
  }
  if (rows !== EXCHANGES) throw new Error(`${rows} of ${EXCHANGES} joined`);
  return 2 * EXCHANGES;
}

interface NaiveRecord {
  key: string;
  vantage: Vantage;
  stamps: number[];
  status: number;
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
  return { key, vantage, stamps, status: view.getUint16(at + RECORD_OFFSETS.status, true) };
}

function runNaive(all: readonly Delivery[]): number {
  const pending = new Map<string, NaiveRecord>();
  let rows: { host: NaiveRecord; guest: NaiveRecord }[] = [];
  let joined = 0;
  for (const { records, source } of all) {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      const record = naiveRecord(view, at, source);
      const other = pending.get(record.key);
      if (!other) pending.set(record.key, record);
      else {
        pending.delete(record.key);
        rows.push(record.vantage === 'host' ? { host: record, guest: other } : { host: other, guest: record });
      }
    }
    joined += rows.length;
    rows = [];
  }
  if (joined !== EXCHANGES) throw new Error(`${joined} of ${EXCHANGES} joined`);
  return 2 * EXCHANGES;
}

const all = deliveries();
const measured = measure(
  [
    { name: 'Joiner', run: () => runOurs(all) },
    { name: 'Map of strings and objects', run: () => runNaive(all) },
  ],
  ROUNDS,
);
report('join', 'records', measured);
if (measured[1]!.ratio > TARGET_RATIO) {
  console.error(
    `the obvious one does ${measured[1]!.ratio.toFixed(2)} of the joiner's work, at most ${TARGET_RATIO} wanted`,
  );
  process.exitCode = 1;
}
