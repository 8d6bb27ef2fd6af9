/** Tells a slew, a change of a clock's rate, from the slow wander that every oscillator has. */
import type { ClockFit } from './fit.ts';

/** Crystals wander by a few ppm with temperature; NTP's slews are larger. */
const SLEW_PPM = 50;

export class RateWatch {
  /** Rates that all windows since the last slew allow. */
  #minPpm = Number.NEGATIVE_INFINITY;
  #maxPpm = Number.POSITIVE_INFINITY;
  #ratePpm = 0;

  /**
   * @param bent whether no line fitted since the last call
   * @returns by how much the rate changed, ppm, or null where it did not
   */
  changed(fit: ClockFit, bent: boolean): number | null {
    const { minPpm, maxPpm } = fit.rates;
    const apart = Math.max(minPpm - this.#maxPpm, this.#minPpm - maxPpm);
    const change = fit.ratePpm - this.#ratePpm;
    const slewed = bent || apart > SLEW_PPM;
    const restart = slewed || apart > 0;
    this.#minPpm = restart ? minPpm : Math.max(this.#minPpm, minPpm);
    this.#maxPpm = restart ? maxPpm : Math.min(this.#maxPpm, maxPpm);
    this.#ratePpm = fit.ratePpm;
    return slewed ? change : null;
  }
}
