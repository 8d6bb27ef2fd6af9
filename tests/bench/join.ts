/**
 * Records joined per second on one core: the streaming joiner beside the
 * obvious one (a Map with string keys and an object per record). Both read
 * the same frames, match all pairs and leave the stamps of 13 stations.
 */
import { Joiner } from '../../server/join/joiner.ts';
import { pathColumns } from '../../server/join/paths.ts';
import type { RecordSource } from '../../server/join/record-source.ts';
import { GUEST_STATIONS, HOST_STATIONS } from '../../server/wire/stations.ts';
import { concatRecords, encodeRecord } from '../server/wire/encode-record.ts';
import { NaiveJoiner } from './naive-joiner.ts';
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

function runNaive(all: readonly Delivery[]): number {
  const joiner = new NaiveJoiner();
  let joined = 0;
  for (const { records, source } of all) joined += joiner.add(records, source).length;
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
