/** The largest values seen, and what they belong to: bounded, ordered, cheap to refuse. */
export class Slowest<T> {
  readonly #limit: number;
  /** Ascending by value, so that the first one is the next to go. */
  readonly #entries: { value: number; item: T }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether `value` would be kept; NaN never is. */
  admits(value: number): boolean {
    if (Number.isNaN(value)) return false;
    return this.#entries.length < this.#limit || value > (this.#entries[0]?.value ?? Number.POSITIVE_INFINITY);
  }

  /** @returns the item that had to go, or null */
  add(value: number, item: T): T | null {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.value as number) < value) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, { value, item });
    return this.#entries.length > this.#limit ? (this.#entries.shift()?.item as T) : null;
  }

  /** Largest first. */
  items(): T[] {
    return this.#entries.map((e) => e.item).reverse();
  }
}
