/** Two runs side by side: shifts of every layer, who carries the difference, and one sentence. */

import type { Axis, Comparison, RunLine, Shift } from '../wire/compare-views.ts';
import type { RunInfo, Summary } from '../wire/views.ts';
import { areTwoBoots, axisOf, type Comparability, comparabilityOf } from './comparability.ts';
import { exactQuantiles } from './exact-quantiles.ts';
import { sentenceOf } from './sentence.ts';
import { sharesOf } from './shares.ts';
import { QUANTILES, type Sample, shiftsOf } from './shifts.ts';

export interface ComparedRun {
  summary: Summary;
  /** Requests in the order of time; layers, `vnic both` and `end to end`. */
  times: Sample;
  /** Proven ± of `vnic.in` and `vnic.out`, request by request, ns. */
  bounds: Float64Array;
}

const CROSSING: readonly string[] = ['vnic.in', 'vnic.out'];
/** The two parts of `vnic both` need the clock; their sum does not. */
export const SHIFTED = [
  'end to end',
  ...['nic.in', 'switch.in', 'vnic both', 'vnic.in', 'vnic.out', 'tcp.in', 'wait', 'service'],
  ...['tcp.out', 'switch.out', 'nic.out', 'transfer', 'client'],
];
const SUMMED = SHIFTED.filter((layer) => !['end to end', 'vnic.in', 'vnic.out', 'client'].includes(layer));

export interface CompareOptions {
  seed: number;
  /** Compare what should not be: the refusals become doubts. */
  force: boolean;
}

/** Where the runs cannot be compared, `refusals` says why, and there is nothing else. */
export function compareRuns(a: ComparedRun, b: ComparedRun, { seed, force }: CompareOptions): Comparison {
  const found = comparabilityOf(a.summary, b.summary);
  const comparability = force ? forced(found) : found;
  const axis = axisOf(comparability);
  const lines = { a: lineOf(a, axis), b: lineOf(b, axis) };
  if (lines.a.name === lines.b.name) Object.assign(lines, namedApart(lines.a, lines.b));
  const empty = { ...comparability, ...lines, axis, seed, shifts: [], shares: [] };
  if (comparability.refusals.length > 0) {
    return { ...empty, sentence: `These runs are not compared: ${comparability.refusals.join('; ')}.` };
  }
  const rounds = roundsOf(a.summary.run, b.summary.run);
  const reaches = { a: reachesOf(a), b: reachesOf(b) };
  const shifts = shiftsOf(only(a.times, SHIFTED), only(b.times, SHIFTED), { seed, rounds }).map((shift) =>
    widened(shift, reaches),
  );
  const shares = sharesOf(only(a.times, SUMMED), only(b.times, SUMMED), { seed, rounds });
  const names = [lines.a.name, lines.b.name] as const;
  const sentence = sentenceOf(names, axis, shifts, shares, areTwoBoots(a.summary, b.summary));
  return { ...empty, shifts, shares, sentence };
}

/** How often both were measured in turn; 0 where one went before the other. */
function roundsOf({ stretches: a }: RunInfo, { stretches: b }: RunInfo): number {
  const isInTurn = a.every(({ fromMs, toMs }, round) => {
    const [mine, next] = [b[round], b[round + 1]];
    const [after, ownNext] = [mine?.toMs ?? Infinity, a[round + 1]];
    const end = Math.max(toMs ?? Infinity, after);
    return mine !== undefined && Math.min(ownNext?.fromMs ?? Infinity, next?.fromMs ?? Infinity) >= end && fromMs < end;
  });
  return a.length === b.length && isInTurn ? a.length : 0;
}

function forced({ refusals, doubts, ...rest }: Comparability): Comparability {
  return { ...rest, refusals: [], doubts: [...refusals.map((why) => `compared by force although ${why}`), ...doubts] };
}

function lineOf({ summary: { run, provenance, endToEnd } }: ComparedRun, axis: Axis | null): RunLine {
  const { guest } = provenance;
  const varied: Partial<Record<Axis, string | undefined>> = {
    nic: guest?.nicModel || guest?.driver,
    kernel: guest?.kernel,
    accelerator: guest?.accelerator,
  };
  return { id: run.id, name: (axis && varied[axis]) || run.name, run: run.name, requests: endToEnd.count };
}

function namedApart(a: RunLine, b: RunLine): { a: RunLine; b: RunLine } {
  return { a: { ...a, name: `${a.name} (A)` }, b: { ...b, name: `${b.name} (B)` } };
}

function only(times: Sample, layers: readonly string[]): Sample {
  return new Map(
    [...times].filter(([layer]) => layers.includes(layer)).sort(([a], [b]) => layers.indexOf(a) - layers.indexOf(b)),
  );
}

/**
 * Two clocks split vnic both into its parts. By how much each may have been
 * wrong is no matter of chance: a quantile of the true times lies between those
 * of all times less, and all times plus, their own bounds.
 */
function widened(shift: Shift, reaches: Reaches): Shift {
  if (!CROSSING.includes(shift.layer)) return shift;
  const n = (QUANTILES as readonly number[]).indexOf(shift.quantile);
  const [reachA, reachB] = [reaches.a.get(shift.layer)![n]!, reaches.b.get(shift.layer)![n]!];
  const [below, above] = [reachA.above + reachB.below, reachA.below + reachB.above];
  return {
    ...shift,
    low: shift.low - below,
    high: shift.high + above,
    bandLow: shift.bandLow - below,
    bandHigh: shift.bandHigh + above,
    detectable: shift.detectable + Math.max(below, above),
  };
}

interface Reach {
  /** How far below and above what was measured the true quantile can be, ns. */
  below: number;
  above: number;
}

/** Of the layers that need the clock, along QUANTILES. */
type Reaches = Record<'a' | 'b', ReadonlyMap<string, readonly Reach[]>>;

function reachesOf({ times, bounds }: ComparedRun): ReadonlyMap<string, Reach[]> {
  const crossing = [...times].filter(([layer]) => CROSSING.includes(layer));
  return new Map(crossing.map(([layer, values]) => [layer, reachOf(values, bounds)]));
}

function reachOf(values: Float64Array, bounds: Float64Array): Reach[] {
  const at = (sign: -1 | 0 | 1) =>
    exactQuantiles(
      values.map((value, row) => value + sign * bounds[row]!),
      QUANTILES,
    );
  const [below, middle, above] = [at(-1), at(0), at(1)];
  return middle.map((value, n) => ({ below: value - below[n]!, above: above[n]! - value }));
}
