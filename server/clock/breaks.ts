import type { ClockFit } from './fit.ts';
import type { StepGap } from './step-gaps.ts';

/** Something that happened to one of the two clocks. */
export interface ClockBreak {
  readonly kind: 'step' | 'slew';
  /** Host time at which it was over. */
  readonly hostNs: number;
  /** Of a step: growth of host time − guest time and its ±; null where there was no clock before it. */
  readonly sizeNs: number | null;
  readonly boundNs: number | null;
  /** Change of the rate, of a slew. */
  readonly ratePpm: number | null;
}

/** Breaks that wait to be asked for; those beyond are only counted. */
const WAITING = 16;
/** What comes first behind a step may have waited in a queue meanwhile: it says little about the step's size. */
const MEASURE_NS = 1e9;
/** The clock behind the step is known well when it is known so many times worse than the one before it, at most. */
const WORSE = 2;

export class Breaks {
  readonly #waiting: ClockBreak[] = [];
  /** A step whose size is not known well yet, and the last that is known of it. */
  #open: { gap: StepGap; sinceNs: number; fit: ClockFit } | null = null;
  slews = 0;

  step(gap: StepGap): void {
    this.#close();
    this.#open = { gap, sinceNs: gap.after.fromNs, fit: gap.after };
    if (gap.before === null) this.#close();
    else this.measure(gap.after);
  }

  /**
   * Measure the newest step by a later fit.
   * @returns whether there was one to measure
   */
  measure(fit: ClockFit): boolean {
    if (this.#open === null) return false;
    const { gap, sinceNs } = this.#open;
    this.#open = { gap, sinceNs, fit };
    const isGood = fit.boundNs <= WORSE * (gap.before?.boundNs ?? 0);
    if (isGood || fit.toNs - sinceNs >= MEASURE_NS) this.#close();
    return true;
  }

  slew(hostNs: number, ratePpm: number): void {
    this.slews++;
    this.#note({ kind: 'slew', hostNs, sizeNs: null, boundNs: null, ratePpm });
  }

  /** Those since the last call, oldest first. */
  take(): ClockBreak[] {
    return this.#waiting.splice(0);
  }

  #close(): void {
    if (this.#open === null) return;
    const { gap, fit } = this.#open;
    this.#open = null;
    const { before } = gap;
    const sizeNs = before && fit.offsetAt(fit.fromNs) - before.offsetAt(before.toNs);
    const boundNs = before && fit.boundOver(fit.fromNs, fit.fromNs) + before.boundOver(before.toNs, before.toNs);
    this.#note({ kind: 'step', hostNs: gap.toHostNs, sizeNs, boundNs, ratePpm: null });
  }

  #note(what: ClockBreak): void {
    if (this.#waiting.length < WAITING) this.#waiting.push(what);
  }
}
