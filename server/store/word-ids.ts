/**
 * Numbers for what repeats from row to row: rows of 32-bit words, each known by
 * the number that it got first. Bounded: when it is full it forgets all it
 * knows, and what comes again gets a new number. A number is never used twice.
 */
export class WordIds {
  /** Where the caller puts the words that it asks for. */
  readonly words: Uint32Array;
  readonly #width: number;
  readonly #capacity: number;
  readonly #known: Uint32Array;
  /** Place in `#known` + 1, 0 where free. */
  readonly #slots: Int32Array;
  #first: number;
  #count = 0;

  /** @param width words of a row @param capacity rows known at once, a power of two @param first number of the first one */
  constructor(width: number, capacity: number, first: number) {
    this.words = new Uint32Array(width);
    this.#width = width;
    this.#capacity = capacity;
    this.#known = new Uint32Array(width * capacity);
    this.#slots = new Int32Array(2 * capacity);
    this.#first = first;
  }

  /** Number of the next row that is not known. */
  get next(): number {
    return this.#first + this.#count;
  }

  /** The number of `words`: it is {@link next} as it was before where they were not known. */
  id(): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash() & mask;
    for (let place = this.#slots[slot]!; place !== 0; place = this.#slots[slot]!) {
      if (this.#isAt(place - 1)) return this.#first + place - 1;
      slot = (slot + 1) & mask;
    }
    if (this.#count === this.#capacity) return this.#anew();
    return this.#add(slot);
  }

  #anew(): number {
    this.#first += this.#count;
    this.#count = 0;
    this.#slots.fill(0);
    return this.#add(this.#hash() & (this.#slots.length - 1));
  }

  #add(slot: number): number {
    this.#known.set(this.words, this.#count * this.#width);
    this.#slots[slot] = ++this.#count;
    return this.next - 1;
  }

  #isAt(place: number): boolean {
    const at = place * this.#width;
    for (let i = 0; i < this.#width; i++) if (this.#known[at + i] !== this.words[i]) return false;
    return true;
  }

  /** A word at a time as FNV-1a has bytes, its bits mixed as MurmurHash3 ends: equal rows are found by their words, so a fast hash will do. */
  #hash(): number {
    const { words } = this;
    let hash = 0x811c9dc5;
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }
}
