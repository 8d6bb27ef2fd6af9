/** The last minutes of a heatmap, of which only what is new is asked for. Pure. */
import type { SeriesPoints } from '../server/wire/series-views.ts';
import type { HeatPoint } from './heat.ts';
import type { Range } from './zoom.ts';

/** Requests of a second may come so much later. */
const LATE_S = 12;

export class HeatLog {
  #points: readonly HeatPoint[] = [];
  #of = '';

  /** Oldest first, a step apart. */
  get points(): readonly HeatPoint[] {
    return this.#points;
  }

  /**
   * What is not known yet of whole steps. @param of run and VM: others begin anew
   * @param stepS seconds of a column
   */
  missing(of: string, { fromS, toS }: Range, stepS: number): Range & { points: number } {
    const key = `${of} ${stepS}`;
    if (key !== this.#of) this.#points = [];
    this.#of = key;
    const newest = this.#points.at(-1)?.t ?? Number.NEGATIVE_INFINITY;
    const from = Math.floor(Math.max(fromS, newest - LATE_S) / stepS) * stepS;
    const to = Math.ceil(toS / stepS) * stepS;
    return { fromS: from, toS: to, points: (to - from) / stepS };
  }

  /** Takes the answer; what is older than `fromS` goes. */
  add({ points, fromS: answeredS }: SeriesPoints, fromS: number): void {
    const known = this.#points.filter(({ t }) => t >= fromS && t < answeredS);
    this.#points = [...known, ...points];
  }
}
