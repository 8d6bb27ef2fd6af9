import { PORTS_WORD, SEQUENCE_WORD } from './record-key.ts';

/**
 * The last `capacity` keys that were joined, so that a record sent again
 * after a reconnect is known as a duplicate. A key is remembered by its hash,
 * ports and sequence number (96 bits), oldest forgotten first.
 */
export class RecentKeys {
  readonly #capacity: number;
  readonly #mask: number;
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  /** hash, ports, sequence number. */
  readonly #marks: Uint32Array;
  #added = 0;

  constructor(capacity: number) {
    const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#capacity = capacity;
    this.#mask = buckets - 1;
    this.#buckets = new Int32Array(buckets).fill(-1);
    this.#next = new Int32Array(capacity);
    this.#marks = new Uint32Array(capacity * 3);
  }

  has(words: Uint32Array, at: number, hash: number): boolean {
    const marks = this.#marks;
    for (let slot = this.#buckets[hash & this.#mask]!; slot >= 0; slot = this.#next[slot]!) {
      const mark = slot * 3;
      if (
        marks[mark] === hash &&
        marks[mark + 1] === words[at + PORTS_WORD] &&
        marks[mark + 2] === words[at + SEQUENCE_WORD]
      )
        return true;
    }
    return false;
  }

  add(words: Uint32Array, at: number, hash: number): void {
    const slot = this.#added % this.#capacity;
    if (this.#added >= this.#capacity) this.#forget(slot);
    this.#added++;
    const mark = slot * 3;
    this.#marks[mark] = hash;
    this.#marks[mark + 1] = words[at + PORTS_WORD]!;
    this.#marks[mark + 2] = words[at + SEQUENCE_WORD]!;
    this.#next[slot] = this.#buckets[hash & this.#mask]!;
    this.#buckets[hash & this.#mask] = slot;
  }

  #forget(slot: number): void {
    const bucket = this.#marks[slot * 3]! & this.#mask;
    let at = this.#buckets[bucket]!;
    if (at === slot) {
      this.#buckets[bucket] = this.#next[slot]!;
      return;
    }
    while (this.#next[at] !== slot) at = this.#next[at]!;
    this.#next[at] = this.#next[slot]!;
  }
}
