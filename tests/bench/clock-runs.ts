/** The clocks that the benchmark compares: each gives one offset per exchange of a trace with known truth. */
import { PairClock } from '../../server/clock/clock.ts';
import { points, reduceToHull } from '../../server/clock/hull.ts';
import { feasibleSlopes, interceptRange } from '../../server/clock/max-margin.ts';
import { withinOwnCausality } from '../../server/clock/own-causality.ts';
import { DOUBTFUL_NS } from '../../server/pair-clocks.ts';
import type { Trace } from './clock-truth.ts';

const TICK_NS = 200e6;
/** Places of each window at which its bound is held against the truth. */
const WINDOW_CHECKS = 16;

export interface Stamped {
  readonly offset: Float64Array;
  /** Stated ± of each exchange's offset. */
  readonly bound: Float64Array;
  /** 1 where a clock may have jumped within the exchange: it has no offset. */
  readonly marked: Uint8Array;
  /** Steps and slews the clock had found when the exchange was stamped. */
  readonly steps: Uint32Array;
  readonly slews: number;
  readonly windows: number;
  /** Windows whose bound did not hold at one of the places looked at. */
  readonly windowsOutside: number;
  readonly late: number;
  /** CPU of observing, fitting and stamping, all threads, ns per exchange. */
  readonly cpuNs: number;
}

/** As server/pair-clocks.ts does: every 200 ms observe the tick's exchanges, fit, and use that fit for them; those that
 * may lie across a step wait for a later one. */
export function runPairClock(trace: Trace): Stamped {
  const { count, hostOut, guestIn, guestOut, hostIn, truthIn, endNs } = trace;
  const clock = new PairClock();
  const offset = new Float64Array(count);
  const bound = new Float64Array(count);
  const marked = new Uint8Array(count);
  const steps = new Uint32Array(count);
  const stamp = (i: number) => {
    const [hostOutNs, guestInNs, guestOutNs, hostInNs] = [hostOut[i]!, guestIn[i]!, guestOut[i]!, hostIn[i]!];
    const fit = clock.fitOf({ hostOutNs, guestInNs, guestOutNs, hostInNs });
    marked[i] = fit === 'gap' ? 1 : 0;
    const known = fit === 'gap' || fit === null ? null : fit;
    const fitted = known ? known.offsetAt(guestInNs + (guestOutNs - guestInNs) / 2) : Number.NaN;
    offset[i] = withinOwnCausality(fitted, hostOutNs, guestInNs, guestOutNs, hostInNs);
    const own = hostInNs - guestOutNs - (hostOutNs - guestInNs);
    bound[i] = known ? (offset[i] === fitted ? known.boundOver(guestInNs, guestOutNs) : own) : Number.NaN;
  };
  const isDoubtful = (i: number) =>
    hostIn[i]! - hostOut[i]! - (guestOut[i]! - guestIn[i]!) > DOUBTFUL_NS && clock.newestHostNs < hostIn[i]!;
  let held: number[] = [];
  let windows = 0;
  let windowsOutside = 0;
  let cpuUs = 0;
  for (let from = 0, tick = 1; from < count; tick++) {
    let to = from;
    while (to < count && endNs[to]! < tick * TICK_NS) to++;
    if (to === from) continue;
    const begin = process.cpuUsage();
    for (let i = from; i < to; i++) clock.observe(hostOut[i]!, guestIn[i]!, guestOut[i]!, hostIn[i]!);
    const fit = clock.fit();
    for (let i = from; i < to; i++) if (isDoubtful(i)) held.push(i);
    for (let i = from; i < to; i++) stamp(i);
    held = held.filter((i) => isDoubtful(i) || void stamp(i));
    const spent = process.cpuUsage(begin);
    cpuUs += spent.user + spent.system;
    steps.fill(clock.steps, from, to);
    if (fit !== null) {
      windows++;
      let oldest = to - 1;
      while (oldest > 0 && guestIn[oldest - 1]! >= fit.fromNs) oldest--;
      for (let k = 0; k <= WINDOW_CHECKS; k++) {
        const i = oldest + Math.floor(((to - 1 - oldest) * k) / WINDOW_CHECKS);
        if (guestIn[i]! < fit.fromNs || guestIn[i]! > fit.toNs) continue;
        if (Math.abs(fit.offsetAt(guestIn[i]!) - truthIn[i]!) > fit.boundNs) {
          windowsOutside++;
          break;
        }
      }
    }
    from = to;
  }
  const { slews } = clock;
  return {
    offset,
    bound,
    marked,
    steps,
    slews,
    windows,
    windowsOutside,
    late: clock.late,
    cpuNs: (cpuUs * 1000) / count,
  };
}

const middleOf = (trace: Trace, i: number) => trace.guestIn[i]! + (trace.guestOut[i]! - trace.guestIn[i]!) / 2;

/** One least-squares line through all limits of the whole trace, in hindsight. */
export function runLine(trace: Trace): Float64Array {
  const x0 = trace.guestIn[0]!;
  const y0 = trace.hostOut[0]! - x0;
  const sums = { n: 0, x: 0, y: 0, xx: 0, xy: 0 };
  const add = (guestNs: number, offset: number) => {
    const x = (guestNs - x0) / 1e9;
    const y = offset - y0;
    sums.n++;
    sums.x += x;
    sums.y += y;
    sums.xx += x * x;
    sums.xy += x * y;
  };
  for (let i = 0; i < trace.count; i++) {
    add(trace.guestIn[i]!, trace.hostOut[i]! - trace.guestIn[i]!);
    add(trace.guestOut[i]!, trace.hostIn[i]! - trace.guestOut[i]!);
  }
  const slope = (sums.n * sums.xy - sums.x * sums.y) / (sums.n * sums.xx - sums.x * sums.x);
  const intercept = (sums.y - slope * sums.x) / sums.n;
  return Float64Array.from(trace.guestIn, (_, i) => y0 + intercept + (slope * (middleOf(trace, i) - x0)) / 1e9);
}

/** The mean of the steepest and the flattest line through the whole trace's corridor; null where none fits. */
export function runHullBisector(trace: Trace): Float64Array | null {
  const x0 = trace.guestIn[trace.count >> 1]!;
  const y0 = trace.hostOut[trace.count >> 1]! - x0;
  const lower = points(trace.count);
  const upper = points(trace.count);
  for (let i = 0; i < trace.count; i++) {
    lower.x[i] = trace.guestIn[i]! - x0;
    lower.y[i] = trace.hostOut[i]! - trace.guestIn[i]! - y0;
    upper.x[i] = trace.guestOut[i]! - x0;
    upper.y[i] = trace.hostIn[i]! - trace.guestOut[i]! - y0;
  }
  lower.count = trace.count;
  upper.count = trace.count;
  reduceToHull(lower, 1);
  reduceToHull(upper, -1);
  const corridor = { lower, upper, maxSlope: 500e-6 };
  const feasible = feasibleSlopes(corridor);
  if (feasible === null) return null;
  const intercepts = [feasible.minSlope, feasible.maxSlope].map((slope) => {
    const { lowest, highest } = interceptRange(corridor, slope);
    return (lowest + highest) / 2;
  });
  const slope = (feasible.minSlope + feasible.maxSlope) / 2;
  const intercept = (intercepts[0]! + intercepts[1]!) / 2;
  return Float64Array.from(trace.guestIn, (_, i) => y0 + intercept + slope * (middleOf(trace, i) - x0));
}

/** Of each second the fastest request and the fastest response: the middle between the two is that second's offset. */
export function runMinimumFilter(trace: Trace): Float64Array {
  const second = (i: number) => Math.floor(trace.endNs[i]! / 1e9);
  const seconds = second(trace.count - 1) + 1;
  const lowest = new Float64Array(seconds).fill(Number.NEGATIVE_INFINITY);
  const highest = new Float64Array(seconds).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < trace.count; i++) {
    const s = second(i);
    lowest[s] = Math.max(lowest[s]!, trace.hostOut[i]! - trace.guestIn[i]!);
    highest[s] = Math.min(highest[s]!, trace.hostIn[i]! - trace.guestOut[i]!);
  }
  return Float64Array.from(trace.guestIn, (_, i) => (lowest[second(i)]! + highest[second(i)]!) / 2);
}
