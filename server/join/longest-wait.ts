const STEP_MS = 1_000;

/**
 * Up to which of its records a vantage has waited too long, by the clock of the
 * server. Counted in seconds that were lived through one by one: a process that
 * stood still must not give up what its sockets still hold the partners of.
 */
export class LongestWait {
  /** Records that had come at each second, a ring. */
  readonly #records: Float64Array;
  #steps = 0;
  #stepMs = Number.NEGATIVE_INFINITY;

  constructor(seconds: number) {
    this.#records = new Float64Array(seconds + 1);
  }

  /** @param records how many have come by now @returns the number of the last one that is to wait no longer */
  step(nowMs: number, records: number): number {
    const ring = this.#records;
    if (nowMs - this.#stepMs >= STEP_MS) {
      this.#stepMs = nowMs;
      ring[this.#steps++ % ring.length] = records;
    }
    return this.#steps < ring.length ? 0 : ring[this.#steps % ring.length]!;
  }
}
