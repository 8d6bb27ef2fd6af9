/**
 * Streaming join of the two vantages' records of one exchange, by addresses,
 * ports and the sequence number of the request's first byte. Whichever record
 * comes first waits in a slab; the second one makes a row. Nothing is
 * allocated per record, and everything that does not become a row is counted.
 */
import { RECORD_BYTES, RECORD_OFFSETS, RECORD_WORDS, VANTAGE } from '../wire/record.ts';
import type { Vantage } from '../wire/stations.ts';
import { isComplete } from './layers.ts';
import { type PathColumns, pathColumns } from './paths.ts';
import { PendingTable } from './pending.ts';
import { RecentKeys } from './recent-keys.ts';
import { recordTime } from './record-check.ts';
import { hashKey } from './record-key.ts';
import { RowWriter, type SourceClock } from './row-writer.ts';
import { copyRows } from './rows.ts';

/** One agent's clock domain (boot id), as the joiner needs it. */
export interface RecordSource {
  /** Small, unique and stable per clock domain, below 65,536; written to hostSource/guestSource. */
  readonly index: number;
  readonly vantage: Vantage;
  /** Subtracted from every stamp of this source (its CLOCK_MONOTONIC at its first hello); never changes before `flush`. */
  readonly base: bigint;
  /** Wall clock, ms since the epoch, at `base`. */
  readonly wallOffsetMs: number;
}

export interface JoinerOptions {
  /** Pending records per vantage, 256 bytes each; default 65,536. */
  capacity?: number;
  /** Age by record time at which a pending record is given up; default 10 s. */
  expireNs?: number;
  /** Joined rows that wait for `drain`; default 16,384. */
  queue?: number;
  /** Index into the VM table; called once per row; default 0. */
  vmOf?: (hostSource: number, hostIfindex: number, guestSource: number) => number;
  /** Secret of the hash, 32 bits: without it a peer can choose colliding keys. */
  seed?: number;
}

/**
 * Where every record went: of each vantage, records = joined + overflow +
 * unmatched + evicted + malformed + duplicate + pending.
 */
export interface JoinCounts {
  host: number;
  guest: number;
  joined: number;
  /** Joined with all stations stamped. */
  complete: number;
  /** Pairs that found the row queue full: lost. */
  overflow: number;
  unmatchedHost: number;
  unmatchedGuest: number;
  evictedHost: number;
  evictedGuest: number;
  malformedHost: number;
  malformedGuest: number;
  duplicateHost: number;
  duplicateGuest: number;
  pendingHost: number;
  pendingGuest: number;
  /** Sums over both vantages. */
  evicted: number;
  malformed: number;
  duplicate: number;
}

interface Source extends SourceClock {
  newestNs: number;
}

/** One vantage: its waiting records and what became of the others. */
class Side {
  readonly code: number;
  readonly pending: PendingTable;
  records = 0;
  unmatched = 0;
  evicted = 0;
  malformed = 0;
  duplicate = 0;
  constructor(vantage: Vantage, capacity: number) {
    this.code = VANTAGE[vantage];
    this.pending = new PendingTable(capacity);
  }
}

const IFINDEX_WORD = RECORD_OFFSETS.ifindex / 4;

export class Joiner {
  readonly #host: Side;
  readonly #guest: Side;
  readonly #recent: RecentKeys;
  readonly #sources: Source[] = [];
  readonly #rows: RowWriter;
  readonly #expireNs: number;
  readonly #seed: number;
  readonly #vmOf: NonNullable<JoinerOptions['vmOf']>;
  #joined = 0;
  #complete = 0;
  #overflow = 0;

  constructor(options: JoinerOptions = {}) {
    const capacity = options.capacity ?? 65_536;
    this.#host = new Side('host', capacity);
    this.#guest = new Side('guest', capacity);
    this.#recent = new RecentKeys(capacity);
    this.#rows = new RowWriter(pathColumns(options.queue ?? 16_384));
    this.#expireNs = options.expireNs ?? 10e9;
    this.#seed = options.seed ?? 0;
    this.#vmOf = options.vmOf ?? (() => 0);
  }

  /**
   * Take whole records in.
   * @param records any number of RECORD_BYTES, aligned or not; not kept
   * @throws when the length is no multiple of RECORD_BYTES, or a source's base changes
   */
  add(records: Uint8Array, source: RecordSource): void {
    if (records.length % RECORD_BYTES !== 0) throw new RangeError(`${records.length} bytes are not whole records`);
    const aligned = records.byteOffset % 4 === 0 ? records : records.slice();
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
    const known = this.#know(source);
    for (let at = 0; at < words.length; at += RECORD_WORDS)
      this.#addRecord(words, at, known, source.vantage === 'host');
  }

  #know(source: RecordSource): Source {
    const known = this.#sources[source.index];
    if (known && known.base !== source.base) throw new Error(`the base of source ${source.index} changed`);
    const next: Source = {
      index: source.index,
      base: source.base,
      baseHigh: Number(source.base >> 32n),
      baseLow: Number(source.base & 0xffffffffn),
      wallOffsetMs: source.wallOffsetMs,
      newestNs: known?.newestNs ?? Number.NEGATIVE_INFINITY,
    };
    this.#sources[source.index] = next;
    return next;
  }

  #addRecord(words: Uint32Array, at: number, source: Source, isHost: boolean): void {
    const own = isHost ? this.#host : this.#guest;
    own.records++;
    const timeNs = recordTime(words, at, own.code, source.baseHigh, source.baseLow);
    if (Number.isNaN(timeNs)) {
      own.malformed++;
      return;
    }
    if (timeNs > source.newestNs) source.newestNs = timeNs;
    const hash = hashKey(words, at, this.#seed);
    const partner = (isHost ? this.#guest : this.#host).pending.find(words, at, hash);
    if (partner >= 0) this.#match(words, at, hash, source, isHost, partner);
    else if (own.pending.find(words, at, hash) >= 0 || this.#recent.has(words, at, hash)) own.duplicate++;
    else this.#wait(own, words, at, hash, source.index, timeNs);
  }

  #wait(own: Side, words: Uint32Array, at: number, hash: number, source: number, timeNs: number): void {
    if (own.pending.count === own.pending.capacity) {
      own.pending.removeOldest();
      own.evicted++;
    }
    own.pending.insert(words, at, hash, source, timeNs);
  }

  #match(words: Uint32Array, at: number, hash: number, source: Source, isHost: boolean, slot: number): void {
    const { pending } = isHost ? this.#guest : this.#host;
    const partner = this.#sources[pending.source[slot]!]!;
    const partnerAt = slot * RECORD_WORDS;
    if (isHost) this.#push(words, at, source, pending.words, partnerAt, partner);
    else this.#push(pending.words, partnerAt, partner, words, at, source);
    pending.remove(slot);
    this.#recent.add(words, at, hash);
  }

  #push(h: Uint32Array, hostAt: number, host: Source, g: Uint32Array, guestAt: number, guest: Source): void {
    const { columns } = this.#rows;
    if (columns.count === columns.capacity) {
      this.#overflow++;
      return;
    }
    const row = columns.count++;
    this.#rows.write(row, h, hostAt, host, g, guestAt, guest);
    columns.vm[row] = this.#vmOf(host.index, h[hostAt + IFINDEX_WORD]!, guest.index);
    this.#joined++;
    if (isComplete(columns, row)) this.#complete++;
  }

  /** Rows that wait for `drain`. */
  get ready(): number {
    return this.#rows.columns.count;
  }

  /** Append waiting rows to `out`, as many as it has room for; returns how many. */
  drain(out: PathColumns): number {
    const { columns } = this.#rows;
    const rows = Math.min(columns.count, out.capacity - out.count);
    copyRows(columns, 0, out, out.count, rows);
    copyRows(columns, rows, columns, 0, columns.count - rows);
    columns.count -= rows;
    out.count += rows;
    return rows;
  }

  /**
   * Give up on records that are `expireNs` older than the newest record of
   * their own source (so a source that is silent expires nothing: `flush` it).
   * @returns how many became unmatched
   */
  expire(): number {
    return this.#giveUp((source) => source.newestNs - this.#expireNs);
  }

  /**
   * Give up on all that is pending, or on all of one source, and forget the
   * source: its index may come back with another base.
   * @returns how many became unmatched
   */
  flush(sourceIndex?: number): number {
    const isChosen = (index: number) => sourceIndex === undefined || index === sourceIndex;
    const total = this.#giveUp(({ index }) => (isChosen(index) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY));
    for (const { index } of this.#sources.filter((source) => isChosen(source.index))) delete this.#sources[index];
    return total;
  }

  #giveUp(beforeNs: (source: Source) => number): number {
    let total = 0;
    for (const side of [this.#host, this.#guest]) {
      for (const source of this.#sources) {
        const removed = source ? side.pending.removeBefore(source.index, beforeNs(source)) : 0;
        side.unmatched += removed;
        total += removed;
      }
    }
    return total;
  }

  get counts(): JoinCounts {
    const host = this.#host;
    const guest = this.#guest;
    return {
      host: host.records,
      guest: guest.records,
      joined: this.#joined,
      complete: this.#complete,
      overflow: this.#overflow,
      unmatchedHost: host.unmatched,
      unmatchedGuest: guest.unmatched,
      evictedHost: host.evicted,
      evictedGuest: guest.evicted,
      malformedHost: host.malformed,
      malformedGuest: guest.malformed,
      duplicateHost: host.duplicate,
      duplicateGuest: guest.duplicate,
      pendingHost: host.pending.count,
      pendingGuest: guest.pending.count,
      evicted: host.evicted + guest.evicted,
      malformed: host.malformed + guest.malformed,
      duplicate: host.duplicate + guest.duplicate,
    };
  }
}
