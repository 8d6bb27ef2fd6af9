/**
 * What an objective's budget is counted in, for those who scrape: counters
 * that begin at zero and never fall. What is taken back, because a request
 * turns out to be none, is made up for by those that come.
 */
import { MINUTE_MS } from './minute-counts.ts';
import type { Objective } from './objective.ts';
import type { Spent, UnitLine } from './unit-line.ts';

/** Later than that, nothing is added to a minute that has been scraped. */
const OPEN_MINUTES = 60;

export class EventCounter {
  readonly #units: UnitLine;
  readonly #step: number;
  readonly #isSliced: boolean;
  /** Minutes from here on may change; what was before is in the base. */
  #from: number;
  readonly #base: Spent = { total: 0, bad: 0 };
  readonly #shown: Spent = { total: 0, bad: 0 };

  /** What is there at that moment does not count. */
  constructor({ slice }: Objective, units: UnitLine, nowMs: number) {
    this.#units = units;
    this.#isSliced = slice !== null;
    this.#step = slice?.minutes ?? 1;
    this.#from = this.#align(Math.floor(nowMs / MINUTE_MS));
    const { total, bad } = this.#spent(this.#end(nowMs));
    this.#base = { total: -total, bad: -bad };
  }

  /** Events so far: requests as they come, slices when they are over. */
  read(nowMs: number): Readonly<Spent> {
    const end = this.#end(nowMs);
    this.#close(this.#align(end - OPEN_MINUTES));
    const open = this.#spent(end);
    for (const what of ['total', 'bad'] as const) {
      this.#shown[what] = Math.max(this.#shown[what], this.#base[what] + open[what]);
    }
    return this.#shown;
  }

  #close(to: number): void {
    if (to <= this.#from) return;
    const { total, bad } = this.#spent(to);
    this.#base.total += total;
    this.#base.bad += bad;
    this.#from = to;
  }

  #spent(to: number): Spent {
    return to > this.#from ? this.#units.spent({ from: this.#from, to }) : { total: 0, bad: 0 };
  }

  #end(nowMs: number): number {
    const minute = Math.floor(nowMs / MINUTE_MS);
    return this.#isSliced ? this.#align(minute) : minute + 1;
  }

  #align(minute: number): number {
    return Math.floor(minute / this.#step) * this.#step;
  }
}
