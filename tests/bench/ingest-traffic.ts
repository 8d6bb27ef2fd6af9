/**
 * Recorded exchanges again and again, as many a second as wanted: in each pass
 * the recorded connections have other ports and initial sequence numbers, and
 * each exchange has its stamps moved, as a whole, to the moment at which it is
 * sent. Everything else is as it was recorded. Records are patched in place:
 * this has to cost little beside the server that it feeds.
 */
import { RECORD_BYTES, RECORD_OFFSETS, RECORD_STATIONS, RECORD_WORDS } from '../../server/wire/record.ts';
import { concatRecords } from '../server/wire/encode-record.ts';
import { ORIGIN_NS, type RecordedExchange } from './ingest-records.ts';

/** Linux's own range for clients. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;
/** No connection asks for more bytes than this. */
const CONNECTION_BYTES = 2 ** 20;
const STAMP_WORDS = 2 * 2 * RECORD_STATIONS;
const PORTS_WORD = RECORD_OFFSETS.client_port / 4;
const SEQUENCE_WORD = RECORD_OFFSETS.request_seq / 4;

/** Records [from, from + count) of both vantages. */
export interface Portion {
  from: number;
  count: number;
}

export class Traffic {
  /** All exchanges' records behind one another. */
  readonly host: Uint8Array;
  readonly guest: Uint8Array;
  readonly exchanges: number;
  /** Connections that were recorded. */
  readonly connections: number;
  readonly #words: readonly [Uint32Array, Uint32Array];
  readonly #connectionOf: Uint32Array;
  /** Bytes that the connection had asked for before. */
  readonly #askedBefore: Uint32Array;
  /** When each exchange is over as it is stamped now. */
  readonly #endNs: Float64Array;
  #pass = 0;
  #next = 0;

  constructor(recorded: readonly RecordedExchange[]) {
    this.host = concatRecords(recorded.map(({ host }) => host));
    this.guest = concatRecords(recorded.map(({ guest }) => guest));
    this.exchanges = recorded.length;
    this.#words = [new Uint32Array(this.host.buffer), new Uint32Array(this.guest.buffer)];
    this.#endNs = Float64Array.from(recorded, ({ lengthNs }) => ORIGIN_NS + lengthNs);
    this.#connectionOf = new Uint32Array(recorded.length);
    this.#askedBefore = new Uint32Array(recorded.length);
    this.connections = this.#findConnections(recorded);
  }

  #findConnections(recorded: readonly RecordedExchange[]): number {
    const known = new Map<string, { index: number; firstSeq: number }>();
    let connections = 0;
    for (const [i, { connection, requestSeq }] of recorded.entries()) {
      let found = known.get(connection);
      // Another initial sequence number: the port was used again.
      if (found === undefined || (requestSeq - found.firstSeq) >>> 0 >= CONNECTION_BYTES) {
        found = { index: connections++, firstSeq: requestSeq };
        known.set(connection, found);
      }
      this.#connectionOf[i] = found.index;
      this.#askedBefore[i] = (requestSeq - found.firstSeq) >>> 0;
    }
    return connections;
  }

  /** Stamp the next exchanges, `most` at most and none of the next pass: one ends every `everyNs` after `afterNs`, the host's clock. */
  next(most: number, afterNs: number, everyNs: number): Portion {
    const from = this.#next;
    const count = Math.min(most, this.exchanges - from);
    for (let i = 0; i < count; i++) this.#stamp(from + i, Math.round(afterNs + (i + 1) * everyNs));
    this.#next = from + count;
    if (this.#next === this.exchanges) {
      this.#next = 0;
      this.#pass++;
    }
    return { from, count };
  }

  #stamp(exchange: number, endNs: number): void {
    const laterNs = endNs - this.#endNs[exchange]!;
    this.#endNs[exchange] = endNs;
    const high = Math.floor(laterNs / 2 ** 32);
    const low = laterNs - high * 2 ** 32;
    const connection = this.#pass * this.connections + this.#connectionOf[exchange]!;
    const port = FIRST_PORT + (connection % PORTS);
    // Another range of numbers each time that a port is used: no two requests have one key.
    const firstSeq = Math.imul(port, 0x9e3779b1) + Math.floor(connection / PORTS) * CONNECTION_BYTES;
    const sequence = (firstSeq + this.#askedBefore[exchange]!) >>> 0;
    for (const words of this.#words) {
      const at = exchange * RECORD_WORDS;
      move(words, at, high, low);
      words[at + PORTS_WORD] = (words[at + PORTS_WORD]! & 0xffff0000) | port;
      words[at + SEQUENCE_WORD] = sequence;
    }
  }

  /** Bytes of a portion's records. */
  bytesOf(vantage: 'host' | 'guest', { from, count }: Portion): Uint8Array {
    return this[vantage].subarray(from * RECORD_BYTES, (from + count) * RECORD_BYTES);
  }
}

/** Add to all stamps of a record that are there. */
function move(words: Uint32Array, at: number, high: number, low: number): void {
  for (let i = at; i < at + STAMP_WORDS; i += 2) {
    if (words[i] === 0 && words[i + 1] === 0) continue;
    const sum = words[i]! + low;
    words[i] = sum;
    words[i + 1] = words[i + 1]! + high + (sum >= 2 ** 32 ? 1 : 0);
  }
}
