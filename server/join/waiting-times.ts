const STEP_MS = 1_000;

/**
 * How long a vantage's records have waited, by the clock of the server.
 * Counted in seconds that were lived through one by one: a process that stood
 * still must not give up what its sockets still hold the partners of.
 */
export class WaitingTimes {
  /** Records that had come at each second, a ring. */
  readonly #records: Float64Array;
  #steps = 0;
  #stepMs = Number.NEGATIVE_INFINITY;

  /** @param longest seconds that can be asked for */
  constructor(longest: number) {
    this.#records = new Float64Array(longest + 1);
  }

  /** @param records how many have come by now */
  step(nowMs: number, records: number): void {
    if (nowMs - this.#stepMs < STEP_MS) return;
    this.#stepMs = nowMs;
    this.#records[this.#steps++ % this.#records.length] = records;
  }

  /** Number of the newest record that has waited for so many seconds; 0 where none has. */
  since(seconds: number): number {
    const step = this.#steps - 1 - seconds;
    return step < 0 ? 0 : this.#records[step % this.#records.length]!;
  }
}
