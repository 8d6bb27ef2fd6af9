import { RECORD_WORDS } from '../wire/record.ts';
import { KEY_BYTES } from './paths.ts';
import { hashKey, KEY_WORD, PORTS_WORD, SEQUENCE_WORD } from './record-key.ts';

/**
 * Joined requests that are known when an agent sends them again to the next
 * server, which it does with what waited for its commit: seconds of requests.
 */
export const RECENT_KEYS = 1 << 18;

/** What tells the requests of paths from each other, as `PathColumns` keeps it. */
export interface PathKeys {
  /** KEY_BYTES each. */
  readonly keys: Uint8Array;
  readonly requestSeqs: Uint32Array;
}

const ORDINAL = 3;
const HOST_BYTES = 4;
const GUEST_BYTES = 5;
const MARK_WORDS = 6;
/** More than any response has. */
const EVERYTHING = 0xffffffff;

/**
 * The last `capacity` keys that were joined, so that a record sent again
 * after a reconnect is known as a duplicate, and one that saw more as late. A
 * key is remembered by its hash, ports and sequence number (96 bits), with the
 * row it became and what each vantage had seen; oldest forgotten first.
 */
export class RecentKeys {
  readonly #capacity: number;
  readonly #mask: number;
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  /** hash, ports, sequence number, ordinal, response bytes of the host and of the guest. */
  readonly #marks: Uint32Array;
  #added = 0;

  constructor(capacity: number) {
    const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#capacity = capacity;
    this.#mask = buckets - 1;
    this.#buckets = new Int32Array(buckets).fill(-1);
    this.#next = new Int32Array(capacity);
    this.#marks = new Uint32Array(capacity * MARK_WORDS);
  }

  /** @returns the place of a key, -1 where it was not joined lately */
  find(words: Uint32Array, at: number, hash: number): number {
    const marks = this.#marks;
    for (let slot = this.#buckets[hash & this.#mask]!; slot >= 0; slot = this.#next[slot]!) {
      const mark = slot * MARK_WORDS;
      if (
        marks[mark] === hash &&
        marks[mark + 1] === words[at + PORTS_WORD] &&
        marks[mark + 2] === words[at + SEQUENCE_WORD]
      )
        return slot;
    }
    return -1;
  }

  ordinalOf(slot: number): number {
    return this.#marks[slot * MARK_WORDS + ORDINAL]!;
  }

  /** Take note that a vantage has seen so much; false where it had before. */
  grow(slot: number, isHost: boolean, responseBytes: number): boolean {
    const mark = slot * MARK_WORDS + (isHost ? HOST_BYTES : GUEST_BYTES);
    if (responseBytes <= this.#marks[mark]!) return false;
    this.#marks[mark] = responseBytes;
    return true;
  }

  add(words: Uint32Array, at: number, hash: number, ordinal: number, hostBytes: number, guestBytes: number): void {
    const slot = this.#added % this.#capacity;
    if (this.#added >= this.#capacity) this.#forget(slot);
    this.#added++;
    const mark = slot * MARK_WORDS;
    this.#marks[mark] = hash;
    this.#marks[mark + 1] = words[at + PORTS_WORD]!;
    this.#marks[mark + 2] = words[at + SEQUENCE_WORD]!;
    this.#marks[mark + ORDINAL] = ordinal;
    this.#marks[mark + HOST_BYTES] = hostBytes;
    this.#marks[mark + GUEST_BYTES] = guestBytes;
    this.#next[slot] = this.#buckets[hash & this.#mask]!;
    this.#buckets[hash & this.#mask] = slot;
  }

  /** Paths whose rows nobody here has: all of their records are duplicates, whatever they saw. */
  addPaths({ keys, requestSeqs }: PathKeys, seed: number): void {
    const words = new Uint32Array(RECORD_WORDS);
    const key = new Uint8Array(words.buffer, KEY_WORD * 4, KEY_BYTES);
    requestSeqs.forEach((sequence, i) => {
      key.set(keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES));
      words[SEQUENCE_WORD] = sequence;
      this.add(words, 0, hashKey(words, 0, seed), 0, EVERYTHING, EVERYTHING);
    });
  }

  #forget(slot: number): void {
    const bucket = this.#marks[slot * MARK_WORDS]! & this.#mask;
    let at = this.#buckets[bucket]!;
    if (at === slot) {
      this.#buckets[bucket] = this.#next[slot]!;
      return;
    }
    while (this.#next[at] !== slot) at = this.#next[at]!;
    this.#next[at] = this.#next[slot]!;
  }
}
