/**
 * Streaming join of the two vantages' records of one exchange, by addresses,
 * ports and the sequence number of the request's first byte. Whichever record
 * comes first waits in a slab; the second one makes a row. Nothing is
 * allocated per record, and everything that does not become a row is counted.
 *
 * A vantage ends a response when it is quiet for a moment; where it goes on,
 * a further record of the same key, flagged `continued`, carries all of it. It
 * replaces its predecessor where that one still waits. Where the vantages meet
 * and one of them saw less, both are held until the rest comes or they expire.
 */
import { RECORD_BYTES, RECORD_WORDS } from '../wire/record.ts';
import type { Vantage } from '../wire/stations.ts';
import type { JoinerOptions } from './joiner-options.ts';
import { type KnownSource, KnownSources } from './known-sources.ts';
import { type LateRecord, LateRecords } from './late-records.ts';
import type { PathColumns } from './paths.ts';
import { type PathKeys, RecentKeys } from './recent-keys.ts';
import { recordTime } from './record-check.ts';
import { hashKey } from './record-key.ts';
import type { RecordSource } from './record-source.ts';
import { RowQueue } from './row-queue.ts';
import { countsOf, type JoinCounts, Side } from './side.ts';
import { isContinued, oneIsPartial, RESPONSE_BYTES_WORD } from './whole.ts';

/** The record at hand: one object for all records of an `add`. */
interface Arrival {
  readonly words: Uint32Array;
  at: number;
  hash: number;
  timeNs: number;
  readonly own: Side;
  readonly other: Side;
  readonly source: KnownSource;
}

const NONE = -1;

export class Joiner {
  readonly #host: Side;
  readonly #guest: Side;
  readonly #recent: RecentKeys;
  readonly #known = new KnownSources();
  readonly #sources = this.#known.byIndex;
  readonly #rows: RowQueue;
  readonly #expireNs: number;
  readonly #seed: number;
  readonly #late: LateRecords;
  readonly #holdMs: number;
  /** Pairs that wait for the rest of a response, and all that ever did. */
  #held = 0;
  #holds = 0;
  #holdsSeen = 0;
  #heldMs = 0;

  constructor(options: JoinerOptions = {}) {
    const capacity = options.capacity ?? 65_536;
    this.#host = new Side('host', capacity, options);
    this.#guest = new Side('guest', capacity, options);
    this.#recent = new RecentKeys(options.recent ?? capacity);
    this.#rows = new RowQueue(options.queue ?? 16_384, options.vmOf ?? (() => 0));
    this.#expireNs = options.expireNs ?? 10e9;
    this.#holdMs = options.holdMs ?? 2_000;
    this.#late = new LateRecords(options.lateQueue ?? 1024);
    this.#seed = options.seed ?? 0;
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
    const isHost = source.vantage === 'host';
    const [own, other] = isHost ? [this.#host, this.#guest] : [this.#guest, this.#host];
    const arrival: Arrival = { words, at: 0, hash: 0, timeNs: 0, own, other, source: this.#known.know(source) };
    for (; arrival.at < words.length; arrival.at += RECORD_WORDS) this.#addRecord(arrival);
  }

  #addRecord(arrival: Arrival): void {
    const { words, at, own, other, source } = arrival;
    own.records++;
    arrival.timeNs = recordTime(words, at, own.code, source.baseHigh, source.baseLow);
    if (Number.isNaN(arrival.timeNs)) {
      own.malformed++;
      return;
    }
    if (arrival.timeNs > source.newestNs) source.newestNs = arrival.timeNs;
    arrival.hash = hashKey(words, at, this.#seed);
    const partner = other.pending.find(words, at, arrival.hash);
    // A record and its partner are both pending only where they are held.
    const before = partner < 0 || this.#held > 0 ? own.pending.find(words, at, arrival.hash) : NONE;
    if (before >= 0) this.#again(arrival, before, partner);
    else if (partner >= 0) this.#meet(arrival, partner);
    else if (!this.#isKnown(arrival)) this.#wait(arrival);
  }

  /** The key was joined before: it is sent again, or it saw the response go on. */
  #isKnown({ words, at, hash, own, source }: Arrival): boolean {
    const slot = this.#recent.find(words, at, hash);
    if (slot < 0) return false;
    const isHost = own === this.#host;
    if (isContinued(words, at) && this.#recent.grow(slot, isHost, words[at + RESPONSE_BYTES_WORD]!)) {
      own.late++;
      this.#late.add(this.#recent.ordinalOf(slot), words, at, source, isHost);
    } else own.duplicate++;
    return true;
  }

  /** A record of the same vantage waits in `slot`: this one replaces it where it saw the response go on. */
  #again(arrival: Arrival, slot: number, partner: number): void {
    const { words, at, own, source } = arrival;
    const { pending } = own;
    const grew = words[at + RESPONSE_BYTES_WORD]! > pending.words[slot * RECORD_WORDS + RESPONSE_BYTES_WORD]!;
    if (!isContinued(words, at) || !grew || pending.source[slot] !== source.index) {
      own.duplicate++;
      return;
    }
    own.continued++;
    pending.remove(slot);
    if (partner < 0) {
      this.#wait(arrival);
      return;
    }
    this.#held--;
    this.#meet(arrival, partner);
  }

  #wait({ words, at, hash, own, source, timeNs }: Arrival): void {
    const { pending } = own;
    if (pending.count === pending.capacity && !this.#joinHeld(own, pending.oldest())) {
      pending.remove(pending.oldest());
      own.evicted++;
    }
    pending.insert(words, at, hash, source.index, timeNs, own.records);
  }

  /** Make a row of a record and its partner in `slot`, or hold both where one of them is not the whole. */
  #meet(arrival: Arrival, slot: number): void {
    const { words, at, hash, own, other, source } = arrival;
    const { pending } = other;
    const partnerAt = slot * RECORD_WORDS;
    if (oneIsPartial(words, at, pending.words, partnerAt)) {
      this.#held++;
      this.#holds++;
      this.#wait(arrival);
      return;
    }
    const partner = this.#sources[pending.source[slot]!]!;
    if (own === this.#host) this.#push(hash, words, at, source, pending.words, partnerAt, partner);
    else this.#push(hash, pending.words, partnerAt, partner, words, at, source);
    pending.remove(slot);
  }

  /** Join the record in `slot` of a side as it is with its partner, where it is held; false where it has none. */
  #joinHeld(own: Side, slot: number): boolean {
    if (this.#held === 0) return false;
    const other = own === this.#host ? this.#guest : this.#host;
    const hash = own.pending.hashOf(slot);
    const partner = other.pending.find(own.pending.words, slot * RECORD_WORDS, hash);
    if (partner < 0) return false;
    const [h, g] = own === this.#host ? [slot, partner] : [partner, slot];
    const host = this.#host.pending;
    const guest = this.#guest.pending;
    const hostSource = this.#sources[host.source[h]!]!;
    const guestSource = this.#sources[guest.source[g]!]!;
    this.#push(hash, host.words, h * RECORD_WORDS, hostSource, guest.words, g * RECORD_WORDS, guestSource);
    host.remove(h);
    guest.remove(g);
    this.#held--;
    return true;
  }

  #push(
    hash: number,
    h: Uint32Array,
    hostAt: number,
    host: KnownSource,
    g: Uint32Array,
    guestAt: number,
    guest: KnownSource,
  ): void {
    const ordinal = this.#rows.push(h, hostAt, host, g, guestAt, guest);
    this.#recent.add(h, hostAt, hash, ordinal, h[hostAt + RESPONSE_BYTES_WORD]!, g[guestAt + RESPONSE_BYTES_WORD]!);
  }

  /** Count records of these paths as duplicates from now on: their rows were made before this joiner was. */
  remember(paths: PathKeys): void {
    this.#recent.addPaths(paths, this.#seed);
  }

  /** Whether so many records of a vantage wait that a backlog of it had better wait elsewhere. */
  isCrowded(vantage: Vantage): boolean {
    const { count, capacity } = this.#side(vantage).pending;
    return count >= capacity / 2;
  }

  /** Rows that wait for `drain`. */
  get ready(): number {
    return this.#rows.ready;
  }

  /** Append waiting rows to `out`, as many as it has room for; returns how many. */
  drain(out: PathColumns): number {
    return this.#rows.drain(out);
  }

  /** Records that saw a response go on whose row is made already, since the last call; to put rows right. */
  takeLate(): LateRecord[] {
    return this.#late.take();
  }

  /** Records of a vantage so far: the number of the newest one. */
  taken(vantage: Vantage): number {
    return this.#side(vantage).records;
  }

  /** All records of `source` that came up to this number of its vantage's have left the joiner, for a row or a count. */
  settled({ vantage, index }: RecordSource): number {
    const side = this.#side(vantage);
    return Math.min(side.records, side.pending.oldestArrival(index) - 1);
  }

  #side(vantage: Vantage): Side {
    return vantage === 'host' ? this.#host : this.#guest;
  }

  /**
   * Give up on records that are `expireNs` older than the newest record of
   * their own source and came `shortestWaitS` ago, or that came `longestWaitS` ago.
   * A held pair is joined as it is, also when nothing was held for `holdMs`.
   * @param nowMs any clock in ms; left out, only record time counts
   * @returns how many became unmatched
   */
  expire(nowMs?: number): number {
    if (nowMs !== undefined) {
      this.#endHolds(nowMs);
      for (const side of [this.#host, this.#guest]) side.lookAtWaits(nowMs);
    }
    return this.#giveUp((source) => source.newestNs - this.#expireNs);
  }

  #endHolds(nowMs: number): void {
    if (this.#holds !== this.#holdsSeen) {
      this.#holdsSeen = this.#holds;
      this.#heldMs = nowMs;
    }
    if (this.#held === 0 || nowMs - this.#heldMs < this.#holdMs) return;
    for (const { index } of this.#sources.filter(Boolean)) {
      for (const slot of this.#host.pending.slots(index)) this.#joinHeld(this.#host, slot);
    }
  }

  /**
   * Give up on all that is pending, or on all of one source, and forget the
   * source: its index may come back with another base.
   * @returns how many became unmatched
   */
  flush(sourceIndex?: number): number {
    const isChosen = (index: number) => sourceIndex === undefined || index === sourceIndex;
    const total = this.#giveUp(({ index }) => (isChosen(index) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY));
    this.#known.forget(isChosen);
    return total;
  }

  #giveUp(beforeNs: (source: KnownSource) => number): number {
    let total = 0;
    for (const side of [this.#host, this.#guest]) {
      for (const source of this.#sources) if (source) total += this.#giveUpOn(side, source.index, beforeNs(source));
    }
    return total;
  }

  #giveUpOn(side: Side, source: number, beforeNs: number): number {
    let total = 0;
    for (;;) {
      const slot = side.overdue(source, beforeNs);
      if (slot < 0) break;
      if (this.#joinHeld(side, slot)) continue;
      side.pending.remove(slot);
      total++;
    }
    side.unmatched += total;
    return total;
  }

  get counts(): JoinCounts {
    const { joined, complete, overflow } = this.#rows;
    return countsOf(this.#host, this.#guest, { joined, complete, overflow, held: this.#held });
  }
}
