import { RECORD_WORDS } from '../wire/record.ts';
import { sameKey } from './record-key.ts';

const NONE = -1;

/**
 * Records of one vantage that wait for their partner: a chained hash table
 * over slabs that are allocated once, and per source a list by arrival.
 */
export class PendingTable {
  readonly capacity: number;
  /** Slot s holds its record at words [s × RECORD_WORDS, …). */
  readonly words: Uint32Array;
  readonly source: Uint16Array;
  count = 0;
  #free = 0;
  readonly #mask: number;
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  readonly #hash: Uint32Array;
  readonly #time: Float64Array;
  readonly #arrival: Float64Array;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  /** By source index. */
  readonly #oldest: number[] = [];
  readonly #newest: number[] = [];

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`capacity of ${capacity} pending records`);
    const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.capacity = capacity;
    this.words = new Uint32Array(capacity * RECORD_WORDS);
    this.source = new Uint16Array(capacity);
    this.#mask = buckets - 1;
    this.#buckets = new Int32Array(buckets).fill(NONE);
    this.#next = Int32Array.from({ length: capacity }, (_, slot) => (slot + 1 < capacity ? slot + 1 : NONE));
    this.#hash = new Uint32Array(capacity);
    this.#time = new Float64Array(capacity);
    this.#arrival = new Float64Array(capacity);
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
  }

  /** Slot of the record with the same key as the one at word `at`, or -1. */
  find(words: Uint32Array, at: number, hash: number): number {
    let slot = this.#buckets[hash & this.#mask]!;
    while (slot !== NONE) {
      if (this.#hash[slot] === hash && sameKey(this.words, slot * RECORD_WORDS, words, at)) return slot;
      slot = this.#next[slot]!;
    }
    return NONE;
  }

  /** Keep a copy of the record at word `at`, the vantage's `arrival`th; there must be room. */
  insert(words: Uint32Array, at: number, hash: number, source: number, timeNs: number, arrival: number): void {
    const slot = this.#free;
    if (slot === NONE) throw new Error('insert into a full pending table');
    this.#free = this.#next[slot]!;
    const to = slot * RECORD_WORDS;
    for (let i = 0; i < RECORD_WORDS; i++) this.words[to + i] = words[at + i]!;
    const bucket = hash & this.#mask;
    this.#hash[slot] = hash;
    this.#next[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
    this.source[slot] = source;
    this.#time[slot] = timeNs;
    this.#arrival[slot] = arrival;
    this.#append(slot, source);
    this.count++;
  }

  remove(slot: number): void {
    this.#unchain(slot);
    this.#unlist(slot);
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.count--;
  }

  /** The record that came first of all sources; there must be one. */
  oldest(): number {
    let oldest = NONE;
    for (const slot of this.#oldest) {
      if (slot === undefined || slot === NONE) continue;
      if (oldest === NONE || this.#arrival[slot]! < this.#arrival[oldest]!) oldest = slot;
    }
    return oldest;
  }

  /**
   * The record of `source` that came first, where it is older than `beforeNs`
   * and came as `enough` at the latest, or as `tooLong` at the latest; else -1.
   */
  oldestBefore(source: number, beforeNs: number, enough: number, tooLong: number): number {
    const slot = this.#oldest[source] ?? NONE;
    if (slot === NONE) return NONE;
    const arrival = this.#arrival[slot]!;
    return (this.#time[slot]! < beforeNs && arrival <= enough) || arrival <= tooLong ? slot : NONE;
  }

  /** Arrival of the record of `source` that came first; infinity where none waits. */
  oldestArrival(source: number): number {
    const slot = this.#oldest[source] ?? NONE;
    return slot === NONE ? Number.POSITIVE_INFINITY : this.#arrival[slot]!;
  }

  /** The records of `source`, in order of arrival; the one just seen may be removed. */
  *slots(source: number): Generator<number> {
    for (let slot = this.#oldest[source] ?? NONE; slot !== NONE; ) {
      const newer = this.#newer[slot]!;
      yield slot;
      slot = newer;
    }
  }

  hashOf(slot: number): number {
    return this.#hash[slot]!;
  }

  #append(slot: number, source: number): void {
    const newest = this.#newest[source] ?? NONE;
    this.#older[slot] = newest;
    this.#newer[slot] = NONE;
    if (newest === NONE) this.#oldest[source] = slot;
    else this.#newer[newest] = slot;
    this.#newest[source] = slot;
  }

  #unchain(slot: number): void {
    const bucket = this.#hash[slot]! & this.#mask;
    let at = this.#buckets[bucket]!;
    if (at === slot) {
      this.#buckets[bucket] = this.#next[slot]!;
      return;
    }
    while (this.#next[at] !== slot) at = this.#next[at]!;
    this.#next[at] = this.#next[slot]!;
  }

  #unlist(slot: number): void {
    const source = this.source[slot]!;
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest[source] = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest[source] = older;
    else this.#older[newer] = older;
  }
}
