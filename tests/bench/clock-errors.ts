/** How far the clocks of the benchmark are from the truth of a trace. */
import type { Stamped } from './clock-runs.ts';
import { asymmetryFloor, type Trace } from './clock-truth.ts';

/** |error − floor| over all exchanges of all traces in which the method gave an answer. */
export interface ErrorRow {
  p50Us: number | null;
  p99Us: number | null;
  negativeShare: number | null;
  failedSeeds: number;
  seeds: number;
}

export const quantile = (sorted: Float64Array, q: number) =>
  sorted.length === 0 ? null : Math.round(sorted[Math.ceil(q * sorted.length) - 1]!) / 1000;

export function isNegative(t: Trace, offset: number, i: number): boolean {
  return t.guestIn[i]! + offset - t.hostOut[i]! < 0 || t.hostIn[i]! - t.guestOut[i]! - offset < 0;
}

/** Whether the stated bound holds where the two clocks meet: at both ends of the guest's part. */
export function inBound(t: Trace, s: Stamped, i: number): boolean {
  const off = Math.max(Math.abs(s.offset[i]! - t.truthIn[i]!), Math.abs(s.offset[i]! - t.truthOut[i]!));
  return off <= s.bound[i]!;
}

export function count(length: number, holds: (i: number) => boolean): number {
  let n = 0;
  for (let i = 0; i < length; i++) if (holds(i)) n++;
  return n;
}

/** Errors of one method over all seeds. */
export class Errors {
  readonly #parts: Float64Array[] = [];
  #negative = 0;
  #exchanges = 0;
  failed = 0;

  add(t: Trace, offsets: Float64Array | null): void {
    if (offsets === null) {
      this.failed++;
      return;
    }
    const floor = asymmetryFloor(t.setting);
    this.#parts.push(offsets.map((o, i) => Math.abs(o - (t.truthIn[i]! + t.truthOut[i]!) / 2 - floor)));
    this.#negative += count(t.count, (i) => isNegative(t, offsets[i]!, i));
    this.#exchanges += t.count;
  }

  row(): ErrorRow {
    const all = new Float64Array(this.#exchanges);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    all.sort();
    return {
      p50Us: quantile(all, 0.5),
      p99Us: quantile(all, 0.99),
      negativeShare: this.#exchanges === 0 ? null : this.#negative / this.#exchanges,
      failedSeeds: this.failed,
      seeds: this.#parts.length + this.failed,
    };
  }
}
