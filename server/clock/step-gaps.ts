/**
 * Where on the host's timeline a step lies, and on which side of it an exchange
 * is. An exchange that may lie across a step has no one true offset.
 */
import type { ClockFit } from './fit.ts';

/** Four moments of an exchange; NaN where a station is missing. */
export interface Crossing {
  readonly hostOutNs: number;
  readonly guestInNs: number;
  readonly guestOutNs: number;
  readonly hostInNs: number;
}

/** The step lies somewhere in [fromHostNs, toHostNs]. */
export interface StepGap {
  readonly fromHostNs: number;
  readonly toHostNs: number;
  /** Null: the step came before the first fit. */
  readonly before: ClockFit | null;
  readonly after: ClockFit;
}

/** A clock that steps more often than this per late record is not worth remembering. */
const REMEMBERED = 8;

/** What the request says against a fit: its guest end is on the other side of a step. */
function requestRefutes(fit: ClockFit, { hostOutNs, guestInNs }: Crossing): boolean {
  return hostOutNs - guestInNs > fit.offsetAt(guestInNs) + fit.boundOver(guestInNs, guestInNs);
}

function responseRefutes(fit: ClockFit, { guestOutNs, hostInNs }: Crossing): boolean {
  return hostInNs - guestOutNs < fit.offsetAt(guestOutNs) - fit.boundOver(guestOutNs, guestOutNs);
}

const refutes = (fit: ClockFit, e: Crossing) => requestRefutes(fit, e) || responseRefutes(fit, e);

/** Whichever there is; NaN only where both are missing. */
const either = (a: number, b: number) => (Number.isNaN(a) ? b : a);

/**
 * From when the last exchange that contradicts the clock behind the step left, until the first that contradicts the
 * clock before it was back; without a witness, from ever or until the last one seen. `seen` in any order.
 * @param byHostNs host time at which the step was over for another reason
 */
export function stepGap(
  before: ClockFit | null,
  after: ClockFit,
  seen: Iterable<Crossing>,
  byHostNs = Number.POSITIVE_INFINITY,
): StepGap {
  let from = Number.NEGATIVE_INFINITY;
  let to = byHostNs;
  let newest = Number.NEGATIVE_INFINITY;
  for (const e of seen) {
    const outNs = either(e.hostOutNs, e.hostInNs);
    const inNs = either(e.hostInNs, e.hostOutNs);
    newest = Math.max(newest, inNs);
    if (refutes(after, e)) from = Math.max(from, outNs);
    if (before !== null && refutes(before, e)) to = Math.min(to, inNs);
  }
  if (to === Number.POSITIVE_INFINITY) to = Math.max(newest, after.toNs + after.offsetNs);
  return { fromHostNs: Math.min(from, to), toHostNs: Math.max(from, to), before, after };
}

export class StepGaps {
  readonly #gaps: StepGap[] = [];

  add(gap: StepGap): void {
    this.#gaps.push(gap);
    if (this.#gaps.length > REMEMBERED) this.#gaps.shift();
  }

  /** What came behind the newest gap is known better now. */
  sharpen(after: ClockFit): void {
    const newest = this.#gaps.pop();
    if (newest) this.#gaps.push({ ...newest, after });
  }

  /** The fit of the stretch between steps in which an exchange lies, or `gap` where it may lie across one. */
  fitOf(exchange: Crossing, newest: ClockFit | null): ClockFit | null | 'gap' {
    let fit = newest;
    for (let i = this.#gaps.length - 1; i >= 0; i--) {
      const gap = this.#gaps[i]!;
      if (isBehind(gap, exchange)) return fit;
      if (!isBefore(gap, exchange)) return 'gap';
      fit = gap.before;
    }
    return fit;
  }
}

/** All of it: it began after the step, or its request arrived on the clock behind it. */
function isBehind({ toHostNs, before }: StepGap, e: Crossing): boolean {
  return either(e.hostOutNs, e.hostInNs) >= toHostNs || (before !== null && requestRefutes(before, e));
}

function isBefore({ fromHostNs, after }: StepGap, e: Crossing): boolean {
  return either(e.hostInNs, e.hostOutNs) <= fromHostNs || responseRefutes(after, e);
}
