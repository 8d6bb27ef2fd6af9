/**
 * Latency samples with exact quantiles by sorting. Bounded: past `capacity` they
 * become a uniform sample of all (Vitter's algorithm R, ACM TOMS 11(1), 1985).
 */
export class Samples {
  readonly #values: Float64Array;
  count = 0;
  max = Number.NaN;

  constructor(capacity = 2_000_000) {
    this.#values = new Float64Array(capacity);
  }

  add(value: number): void {
    const capacity = this.#values.length;
    const slot = this.count < capacity ? this.count : Math.floor(Math.random() * (this.count + 1));
    if (slot < capacity) this.#values[slot] = value;
    if (!(value <= this.max)) this.max = value;
    this.count++;
  }

  /** The smallest value that at least the share `q` of the samples does not exceed; null without samples. */
  quantiles(shares: number[]): (number | null)[] {
    const sorted = this.#values.slice(0, Math.min(this.count, this.#values.length)).sort();
    return shares.map((q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null);
  }
}
