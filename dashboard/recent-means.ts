/** Means of the last readings, one reading a second: agents tell of single seconds, which jump. */

export class RecentMeans {
  readonly #seconds: number;
  readonly #values = new Map<string, number[]>();
  #newest = Number.NEGATIVE_INFINITY;

  /** @param seconds how many readings a mean is made of, at most */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Takes what is told in a second, the first time that it is; what is not among it any more is forgotten. */
  push(second: number, readings: ReadonlyMap<string, number | null>): void {
    if (second <= this.#newest) return;
    this.#newest = second;
    for (const name of this.#values.keys()) if (!readings.has(name)) this.#values.delete(name);
    for (const [name, value] of readings) {
      const known = this.#values.get(name) ?? [];
      this.#values.set(name, value === null ? [] : [...known, value].slice(-this.#seconds));
    }
  }

  /** Null where the last second told nothing. */
  mean(name: string): number | null {
    const values = this.#values.get(name) ?? [];
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  }
}
