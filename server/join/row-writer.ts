import { FLAGS, HEAD_BYTES, RECORD_OFFSETS, stampSince } from '../wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, stationIndex } from '../wire/stations.ts';
import type { LateRecord } from './late-records.ts';
import { KEY_BYTES, type PathColumns, STATION_COUNT } from './paths.ts';
import { STATUS_WORD } from './record-check.ts';
import { KEY_WORD } from './record-key.ts';
import { endTogether, hostBeganEarly, RESPONSE_BYTES_WORD } from './whole.ts';

const LAST_WORD = RECORD_OFFSETS.last / 4;
const REQUEST_BYTES_WORD = RECORD_OFFSETS.request_bytes / 4;
const RTT_WORD = RECORD_OFFSETS.rtt_ns / 4;
const REQUEST_SEQ_WORD = RECORD_OFFSETS.request_seq / 4;
const ACKED_WORD = RECORD_OFFSETS.acked_ns / 4;
const CONNECT_WORD = RECORD_OFFSETS.connect_ns / 4;
const RUN_DELAY_WORD = RECORD_OFFSETS.run_delay_ns / 4;
const RETRANSMITS_IN_WORD = RECORD_OFFSETS.retransmits_in / 4;
const RETRANSMITS_OUT_WORD = RECORD_OFFSETS.retransmits_out / 4;
/** zero_windows, syn_retries, protocol, responses: one byte each. */
const COUNTS_WORD = RECORD_OFFSETS.zero_windows / 4;
const IFINDEX_WORD = RECORD_OFFSETS.ifindex / 4;
const FLAGS_WORD = RECORD_OFFSETS.flags / 4;
const HEAD_WORD = RECORD_OFFSETS.head / 4;
const KEY_WORDS = KEY_BYTES / 4;
const HEAD_WORDS = HEAD_BYTES / 4;
const HOST_SLOTS = HOST_STATIONS.map(stationIndex);
const GUEST_SLOTS = GUEST_STATIONS.map(stationIndex);
/** Where the host sees a response. */
const ANSWER_SLOTS = HOST_SLOTS.filter((slot) => slot >= stationIndex('tap.rx'));

/** A source with its base split for stampSince. */
export interface SourceClock {
  readonly index: number;
  readonly base: bigint;
  readonly baseHigh: number;
  readonly baseLow: number;
  readonly wallOffsetMs: number;
}

/** Writes the rows of one set of columns from pairs of records. */
export class RowWriter {
  readonly columns: PathColumns;
  readonly #keyWords: Uint32Array;
  readonly #headWords: Uint32Array;

  constructor(columns: PathColumns) {
    this.columns = columns;
    this.#keyWords = new Uint32Array(columns.keys.buffer, columns.keys.byteOffset, columns.capacity * KEY_WORDS);
    this.#headWords = new Uint32Array(columns.heads.buffer, columns.heads.byteOffset, columns.capacity * HEAD_WORDS);
  }

  /** Write `row` from the host record at `hostAt` and the guest record at `guestAt` (word indices). */
  write(
    row: number,
    host: Uint32Array,
    hostAt: number,
    hostClock: SourceClock,
    guest: Uint32Array,
    guestAt: number,
    guestClock: SourceClock,
  ): void {
    const { columns } = this;
    writeStamps(columns, row, HOST_SLOTS, host, hostAt, hostClock);
    writeStamps(columns, row, GUEST_SLOTS, guest, guestAt, guestClock);
    if (hostBeganEarly(host, hostAt, guest, guestAt)) forgetFirst(columns, row, ANSWER_SLOTS);
    columns.hostSource[row] = hostClock.index;
    columns.guestSource[row] = guestClock.index;
    columns.tap[row] = host[hostAt + IFINDEX_WORD]!;
    columns.vnic[row] = guest[guestAt + IFINDEX_WORD]!;
    columns.atMs[row] = wallMs(columns, row, hostClock, guestClock);
    columns.guestOffset[row] = Number.NaN;
    columns.bound[row] = Number.NaN;
    columns.clockMethod[row] = 0;
    columns.endToEnd[row] = Number.NaN;
    columns.clientRtt[row] = host[hostAt + RTT_WORD]! || Number.NaN;
    columns.requestBytes[row] = host[hostAt + REQUEST_BYTES_WORD]! || guest[guestAt + REQUEST_BYTES_WORD]!;
    const hostBytes = host[hostAt + RESPONSE_BYTES_WORD]!;
    const guestBytes = guest[guestAt + RESPONSE_BYTES_WORD]!;
    columns.responseBytes[row] = Math.max(hostBytes, guestBytes);
    // A response that paused is an ordinary one once both vantages have all of it.
    const isWhole = Math.min(hostBytes, guestBytes) > 0 && endTogether(host, hostAt, guest, guestAt);
    const paused = isWhole ? FLAGS.continued : 0;
    columns.flags[row] = (host[hostAt + FLAGS_WORD]! | guest[guestAt + FLAGS_WORD]!) & ~paused;
    columns.status[row] = guest[guestAt + STATUS_WORD]! & 0xffff || host[hostAt + STATUS_WORD]! & 0xffff;
    writeFacts(columns, row, host, hostAt, guest, guestAt);
    for (let i = 0; i < KEY_WORDS; i++) this.#keyWords[row * KEY_WORDS + i] = host[hostAt + KEY_WORD + i]!;
    if (guest[guestAt + STATUS_WORD]! >>> 24 > 0) this.#writeHead(row, guest, guestAt);
    else this.#writeHead(row, host, hostAt);
  }

  #writeHead(row: number, words: Uint32Array, at: number): void {
    this.columns.headLength[row] = words[at + STATUS_WORD]! >>> 24;
    for (let i = 0; i < HEAD_WORDS; i++) this.#headWords[row * HEAD_WORDS + i] = words[at + HEAD_WORD + i]!;
  }
}

/** Put a row right, of a record that saw more of the response than the one that the row was made of. */
export function amendRow(columns: PathColumns, row: number, { words, source, isHost }: LateRecord): void {
  const forgotten = ANSWER_SLOTS.filter((slot) => isForgotten(columns, row, slot));
  writeStamps(columns, row, isHost ? HOST_SLOTS : GUEST_SLOTS, words, 0, source);
  forgetFirst(columns, row, forgotten);
  columns.responseBytes[row] = Math.max(columns.responseBytes[row]!, words[RESPONSE_BYTES_WORD]!);
  columns.flags[row] = columns.flags[row]! | words[FLAGS_WORD]!;
  if (isHost) writeHostFacts(columns, row, words, 0);
}

/** What TCP and the scheduler told beside the stamps. */
function writeFacts(
  columns: PathColumns,
  row: number,
  host: Uint32Array,
  hostAt: number,
  guest: Uint32Array,
  guestAt: number,
): void {
  writeHostFacts(columns, row, host, hostAt);
  columns.connect[row] = host[hostAt + CONNECT_WORD]! || Number.NaN;
  columns.runDelay[row] = guest[guestAt + FLAGS_WORD]! & FLAGS.ran ? guest[guestAt + RUN_DELAY_WORD]! : Number.NaN;
  columns.upstream[row] = Number.NaN;
  columns.protocol[row] = (host[hostAt + COUNTS_WORD]! >>> 16) & 0xff || (guest[guestAt + COUNTS_WORD]! >>> 16) & 0xff;
  columns.requestSeq[row] = host[hostAt + REQUEST_SEQ_WORD]!;
}

/** What grows until the end of the response. */
function writeHostFacts(columns: PathColumns, row: number, host: Uint32Array, at: number): void {
  const counts = host[at + COUNTS_WORD]!;
  columns.acked[row] = host[at + ACKED_WORD]! || Number.NaN;
  columns.retransmitsIn[row] = host[at + RETRANSMITS_IN_WORD]!;
  columns.retransmitsOut[row] = host[at + RETRANSMITS_OUT_WORD]!;
  columns.zeroWindows[row] = counts & 0xff;
  columns.synRetries[row] = (counts >>> 8) & 0xff;
}

function writeStamps(
  columns: PathColumns,
  row: number,
  slots: readonly number[],
  words: Uint32Array,
  at: number,
  { baseHigh, baseLow }: SourceClock,
): void {
  const { first, last } = columns;
  const to = row * STATION_COUNT;
  for (let i = 0; i < slots.length; i++) {
    first[to + slots[i]!] = stampSince(words, at + 2 * i, baseHigh, baseLow);
    last[to + slots[i]!] = stampSince(words, at + LAST_WORD + 2 * i, baseHigh, baseLow);
  }
}

/** What these stations saw first was no byte of the answer. */
function forgetFirst({ first }: PathColumns, row: number, slots: readonly number[]): void {
  for (const slot of slots) first[row * STATION_COUNT + slot] = Number.NaN;
}

function isForgotten({ first, last }: PathColumns, row: number, slot: number): boolean {
  const at = row * STATION_COUNT + slot;
  return Number.isNaN(first[at]!) && !Number.isNaN(last[at]!);
}

/** Wall clock of the host's first stamp, or of the guest's where the host has none. */
function wallMs(columns: PathColumns, row: number, host: SourceClock, guest: SourceClock): number {
  const ns = firstStamp(columns, row, HOST_SLOTS);
  if (!Number.isNaN(ns)) return host.wallOffsetMs + ns / 1e6;
  return guest.wallOffsetMs + firstStamp(columns, row, GUEST_SLOTS) / 1e6;
}

function firstStamp(columns: PathColumns, row: number, slots: readonly number[]): number {
  for (const slot of slots) {
    const ns = columns.first[row * STATION_COUNT + slot]!;
    if (!Number.isNaN(ns)) return ns;
  }
  return Number.NaN;
}
