/** Two runs side by side: shifts of every layer, who carries the difference, and one sentence. */

import type { Axis, Comparison, RunLine, Shift } from '../wire/compare-views.ts';
import type { Summary } from '../wire/views.ts';
import { axisOf, type Comparability, comparabilityOf } from './comparability.ts';
import { sentenceOf } from './sentence.ts';
import { sharesOf } from './shares.ts';
import { type Sample, shiftsOf } from './shifts.ts';

export interface ComparedRun {
  summary: Summary;
  /** Requests in the order of time; layers, `vnic both` and `end to end`. */
  times: Sample;
}

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
  const shifts = shiftsOf(only(a.times, SHIFTED), only(b.times, SHIFTED), { seed }).map((shift) =>
    widened(shift, a.summary, b.summary),
  );
  const shares = sharesOf(only(a.times, SUMMED), only(b.times, SUMMED), { seed });
  return { ...empty, shifts, shares, sentence: sentenceOf(lines.a.name, lines.b.name, shifts, shares) };
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

/** Two clocks split vnic both into its parts; by how much each may have been wrong is no matter of chance. */
function widened(shift: Shift, a: Summary, b: Summary): Shift {
  const boundOf = ({ layers }: Summary) => layers.find(({ layer }) => layer === shift.layer)?.bound ?? 0;
  const bound = boundOf(a) + boundOf(b);
  return {
    ...shift,
    low: shift.low - bound,
    high: shift.high + bound,
    bandLow: shift.bandLow - bound,
    bandHigh: shift.bandHigh + bound,
    detectable: shift.detectable + bound,
  };
}
