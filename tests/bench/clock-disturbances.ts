/** The clock of a pair under steps and slews. */
import { count, Errors, inBound, isNegative } from './clock-errors.ts';
import { runPairClock } from './clock-runs.ts';
import { type Setting, simulate, type Trace, uniform } from './clock-truth.ts';

const STEPS_MS = [1, -1, 10, -10, 100, -100, 1000, -1000];
const STEP_FOUND = { seconds: 2, packets: 100 };

export interface StepRow {
  setting: string;
  perSecond: number;
  clock: 'host' | 'guest';
  steps: number;
  found: number;
  /** Of the steps found: the latest, in exchanges and seconds behind the step. */
  worstExchanges: number;
  worstSeconds: number;
  /** Paths outside their bound: before the step, but stamped in the tick that found it; and behind it. */
  outsideBefore: number;
  outsideBehind: number;
  /** Paths that the step cut in two, those of them that are marked, and other paths that are. */
  cut: number;
  cutMarked: number;
  othersMarked: number;
  /** Steps the clocks counted, whatever they were. */
  counted: number;
}

/** Each size of step, at a moment of its own. */
export function steps(setting: Setting, perSecond: number, clock: 'host' | 'guest', repeats: number): StepRow {
  const row = { found: 0, worstExchanges: 0, worstSeconds: 0, outsideBefore: 0, outsideBehind: 0, counted: 0 };
  const marks = { cut: 0, cutMarked: 0, othersMarked: 0 };
  for (let n = 0; n < STEPS_MS.length * repeats; n++) {
    const seed = 1000 + n * 7 + perSecond;
    const atNs = Math.round(4e9 + uniform(seed)() * 1e9);
    const step = { clock, atNs, byNs: STEPS_MS[n % STEPS_MS.length]! * 1e6 };
    const trace = simulate({ setting, perSecond, seconds: 9, ppm: n % 2 ? -60 : 60, seed, step });
    const stamped = runPairClock(trace);
    const first = trace.startNs.findIndex((t) => t >= atNs);
    const tickOfStep = trace.endNs.findIndex((t) => t >= Math.floor(atNs / 200e6) * 200e6);
    const before = tickOfStep > 0 ? stamped.steps[tickOfStep - 1]! : 0;
    const found = stamped.steps.findIndex((s, i) => i >= first && s > before);
    row.counted += stamped.steps[trace.count - 1]!;
    if (found >= 0) {
      const seconds = (Math.ceil(trace.endNs[found]! / 200e6) * 200e6 - atNs) / 1e9;
      const exchanges = count(trace.count, (i) => i <= found && trace.startNs[i]! >= atNs);
      if (seconds <= STEP_FOUND.seconds || exchanges <= STEP_FOUND.packets) row.found++;
      row.worstExchanges = Math.max(row.worstExchanges, exchanges);
      row.worstSeconds = Math.max(row.worstSeconds, seconds);
    }
    for (let i = 0; i < trace.count; i++) {
      const isCut = isCutInGuest(trace, i, step.byNs);
      if (isCut) marks.cut++;
      if (stamped.marked[i]) marks[isCut ? 'cutMarked' : 'othersMarked']++;
      if (isCut || stamped.marked[i] || inBound(trace, stamped, i)) continue;
      if (trace.endNs[i]! < atNs) row.outsideBefore++;
      else row.outsideBehind++;
    }
  }
  return { setting: setting.name, perSecond, clock, steps: STEPS_MS.length * repeats, ...row, ...marks };
}

/** The step came between its two guest stamps: no one offset is true for both. */
function isCutInGuest(trace: Trace, i: number, byNs: number): boolean {
  return Math.abs(trace.truthOut[i]! - trace.truthIn[i]!) > Math.abs(byNs) / 2;
}

export interface SlewRow {
  setting: string;
  perSecond: number;
  pathsInBound: number;
  negatives: number;
  p99Us: number;
  /** Changes of the rate, two in each trace, and those told; and steps told where there was none. */
  slews: number;
  slewsTold: number;
  steps: number;
}

/** ±500 ppm for 6 of 20 s on top of ±60 ppm. */
export function slews(setting: Setting, perSecond: number, repeats: number): SlewRow {
  const errors = new Errors();
  const sums = { inside: 0, negatives: 0, exchanges: 0, steps: 0, slewsTold: 0 };
  for (let n = 0; n < 4 * repeats; n++) {
    const slew = { fromNs: 6.03e9 + n * 0.01e9, toNs: 12.07e9, ppm: n % 2 ? -500 : 500 };
    const trace = simulate({ setting, perSecond, seconds: 20, ppm: n % 4 < 2 ? 60 : -60, seed: 5000 + n, slew });
    const stamped = runPairClock(trace);
    errors.add(trace, stamped.offset);
    sums.inside += count(trace.count, (i) => inBound(trace, stamped, i));
    sums.negatives += count(trace.count, (i) => isNegative(trace, stamped.offset[i]!, i));
    sums.exchanges += trace.count;
    sums.steps += stamped.steps[trace.count - 1]!;
    sums.slewsTold += stamped.slews;
  }
  return {
    setting: setting.name,
    perSecond,
    pathsInBound: sums.inside / sums.exchanges,
    negatives: sums.negatives,
    p99Us: errors.row().p99Us ?? Number.NaN,
    slews: 8 * repeats,
    slewsTold: sums.slewsTold,
    steps: sums.steps,
  };
}
