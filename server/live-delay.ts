/** How old a number is when it is shown: last response byte at the host NIC → handed to the live stream. */
const WINDOW = 4096;

export class LiveDelay {
  /** Wall-clock ms at which each path that nobody has seen yet was over. */
  readonly #waiting = new Float64Array(WINDOW);
  #waitingCount = 0;
  readonly #delays = new Float64Array(WINDOW);
  readonly #shownAt = new Float64Array(WINDOW).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  /** @param finishedMs NaN is not measured and is left out; beyond 4096 a tick the sample is large enough */
  add(finishedMs: number): void {
    if (Number.isNaN(finishedMs) || this.#waitingCount === WINDOW) return;
    this.#waiting[this.#waitingCount++] = finishedMs;
  }

  /** Everything added since is on its way to the page now. */
  shown(nowMs: number): void {
    for (let i = 0; i < this.#waitingCount; i++) {
      this.#delays[this.#next] = nowMs - (this.#waiting[i] as number);
      this.#shownAt[this.#next] = nowMs;
      this.#next = (this.#next + 1) % WINDOW;
    }
    this.#waitingCount = 0;
  }

  /** 99th percentile (nearest rank) of what was shown after `sinceMs`, in ms; null where nothing was. */
  p99(sinceMs: number): number | null {
    const recent = this.#delays.filter((_, i) => (this.#shownAt[i] as number) >= sinceMs).sort();
    return recent.length === 0 ? null : (recent[Math.ceil(recent.length * 0.99) - 1] as number);
  }
}
