/**
 * What an objective's budget is counted in, minute by minute: requests, or
 * slices of time. Stretches of maintenance have none.
 */
import { CountLine } from './count-line.ts';
import { type Counts, noCounts, TALLIES } from './indicator.ts';
import { MINUTE_MS } from './minute-counts.ts';
import { lastMinutes, type Minutes, type Objective } from './objective.ts';

/** Slices that count by their ratio are so many units each, so that sums stay whole numbers. */
export const RATIO_UNITS = 1_000_000_000;

const [TOTAL, GOOD] = [TALLIES.indexOf('total'), TALLIES.indexOf('good')] as [number, number];

export interface Spent {
  total: number;
  bad: number;
}

export class UnitLine {
  readonly #objective: Objective;
  readonly #source: CountLine;
  readonly #units: CountLine;
  /** First minutes of slices whose counts changed. */
  readonly #changed = new Set<number>();

  /** @param source minutes of the objective's indicator */
  constructor(objective: Objective, source: CountLine) {
    this.#objective = objective;
    this.#source = source;
    this.#units = this.#isPlain ? source : new CountLine();
    for (const { minute } of source.minutes(-Infinity, Infinity)) this.changed(minute);
  }

  /** Requests without exclusions in time are counted as they are. */
  get #isPlain(): boolean {
    return this.#objective.slice === null && this.#objective.maintenance.length === 0;
  }

  get #step(): number {
    return this.#objective.slice?.minutes ?? 1;
  }

  /** The source has more, or less, of a minute than before. */
  changed(minute: number): void {
    if (!this.#isPlain) this.#changed.add(Math.floor(minute / this.#step) * this.#step);
  }

  /** Of slices those that lie in these minutes as a whole. */
  spent({ from, to }: Minutes): Spent {
    this.#settle();
    const step = this.#step;
    const sum = this.#units.sum(Math.ceil(from / step) * step, Math.floor(to / step) * step);
    return { total: sum[TOTAL]!, bad: sum[TOTAL]! - sum[GOOD]! };
  }

  /** The same of the last so many minutes; where none of them makes a whole slice, of the last slice. */
  spentLately(minutes: number, nowMs: number): Spent {
    const { from, to } = lastMinutes(minutes, nowMs);
    const end = Math.floor(to / this.#step) * this.#step;
    return this.spent({ from: Math.min(from, end - this.#step), to });
  }

  forget(before: number): void {
    if (!this.#isPlain) this.#units.forget(before);
  }

  #settle(): void {
    for (const minute of this.#changed) this.#units.set(minute, this.#unitsOf(minute));
    this.#changed.clear();
  }

  #unitsOf(first: number): Counts {
    const { slice, maintenance } = this.#objective;
    const sum = noCounts();
    for (const { minute, counts } of this.#source.minutes(first, first + this.#step)) {
      if (isMaintained(minute, maintenance)) continue;
      for (let i = 0; i < sum.length; i++) sum[i]! += counts[i]!;
    }
    return slice === null ? sum : sliceUnits(sum, slice.target);
  }
}

export function isMaintained(minute: number, maintenance: Objective['maintenance']): boolean {
  return maintenance.some(({ fromMs, toMs }) => minute * MINUTE_MS >= fromMs && minute * MINUTE_MS < toMs);
}

/** A slice without a request is none. */
function sliceUnits(sum: Counts, target: number | null): Counts {
  const units = noCounts();
  const [total, good] = [sum[TOTAL]!, sum[GOOD]!];
  if (total <= 0) return units;
  units[TOTAL] = target === null ? RATIO_UNITS : 1;
  if (target === null) units[GOOD] = Math.round((good / total) * RATIO_UNITS);
  else units[GOOD] = good / total >= target ? 1 : 0;
  return units;
}
