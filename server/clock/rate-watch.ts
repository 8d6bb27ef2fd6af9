/** Tells a slew, a change of a clock's rate, from the slow wander that every oscillator has. */
import type { ClockFit } from './fit.ts';

/** Between two windows a crystal's rate wanders by far less, NTP's slews change it by more. */
const SLEW_PPM = 10;

export class RateWatch {
  /** Rates that all windows since the last slew allow. */
  #minPpm = Number.NEGATIVE_INFINITY;
  #maxPpm = Number.POSITIVE_INFINITY;
  #ratePpm = 0;
  /** Guest time of the newest sign of a slew that has not been told yet. */
  #signNs: number | null = null;

  /**
   * A slew is told once, by the first window that lies wholly behind it.
   * @param bent whether no line fitted since the last call
   * @returns by how much the rate changed, ppm, or null where it did not
   */
  changed(fit: ClockFit, bent: boolean): number | null {
    const { minPpm, maxPpm } = fit.rates;
    const apart = Math.max(minPpm - this.#maxPpm, this.#minPpm - maxPpm);
    if (bent) this.#signNs = fit.toNs;
    else if (this.#signNs === null && apart > SLEW_PPM) this.#signNs = fit.toNs;
    if (this.#signNs === null) {
      this.#keep(fit, apart > 0);
      return null;
    }
    if (fit.fromNs < this.#signNs) return null;
    const change = fit.ratePpm - this.#ratePpm;
    this.forgetSigns();
    this.#keep(fit, true);
    return change;
  }

  /** A clock jumped: guest times before and after it are no one scale. */
  forgetSigns(): void {
    this.#signNs = null;
  }

  #keep(fit: ClockFit, afresh: boolean): void {
    const { minPpm, maxPpm } = fit.rates;
    this.#minPpm = afresh ? minPpm : Math.max(this.#minPpm, minPpm);
    this.#maxPpm = afresh ? maxPpm : Math.min(this.#maxPpm, maxPpm);
    this.#ratePpm = fit.ratePpm;
  }
}
