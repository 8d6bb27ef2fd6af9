/** Two runs side by side: shifts of every layer, who carries the difference, and one sentence. */

import type { Axis, Comparison, RunLine, Shift } from '../wire/compare-views.ts';
import type { RunInfo, Summary } from '../wire/views.ts';
import { blocksOf } from './block-draws.ts';
import { areTwoBoots, axisOf, type Comparability, comparabilityOf } from './comparability.ts';
import { digestOf, type RunColumns, type RunDigest } from './run-digest.ts';
import { sentenceOf } from './sentence.ts';
import { sharesBetween } from './shares.ts';
import { QUANTILES, shiftsBetween } from './shifts.ts';

export interface ComparedRun extends RunColumns {
  summary: Summary;
}

export interface DigestedRun {
  summary: Summary;
  digest: RunDigest;
}

export interface CompareOptions {
  seed: number;
  /** Compare what should not be: the refusals become doubts. */
  force: boolean;
}

/** Where the runs cannot be compared, `refusals` says why, and there is nothing else. */
export function compareRuns(a: ComparedRun, b: ComparedRun, options: CompareOptions): Comparison {
  const [blocksA, blocksB] = blocksOf(a.bounds.length, b.bounds.length, roundsOf(a.summary.run, b.summary.run));
  const digested = ({ summary, ...columns }: ComparedRun, blocks: number) => ({
    summary,
    digest: digestOf(columns, blocks),
  });
  return compareDigested(digested(a, blocksA), digested(b, blocksB), options);
}

/** The same of what was made of both: they are cut into as many blocks as `blocksOf` says of them. */
export function compareDigested(a: DigestedRun, b: DigestedRun, { seed, force }: CompareOptions): Comparison {
  const found = comparabilityOf(a.summary, b.summary);
  const comparability = force ? forced(found) : found;
  const axis = axisOf(comparability);
  const lines = { a: lineOf(a.summary, axis), b: lineOf(b.summary, axis) };
  if (lines.a.name === lines.b.name) Object.assign(lines, namedApart(lines.a, lines.b));
  const empty = { ...comparability, ...lines, axis, seed, shifts: [], shares: [] };
  if (comparability.refusals.length > 0) {
    return { ...empty, sentence: `These runs are not compared: ${comparability.refusals.join('; ')}.` };
  }
  const rounds = roundsOf(a.summary.run, b.summary.run);
  const reaches = { a: a.digest.reaches, b: b.digest.reaches };
  const shifts = shiftsBetween(a.digest.samples, b.digest.samples, { seed, rounds }).map((shift) =>
    widened(shift, reaches),
  );
  const shares = sharesBetween(a.digest.sums, b.digest.sums, { seed, rounds });
  const names = [lines.a.name, lines.b.name] as const;
  const sentence = sentenceOf(names, axis, shifts, shares, areTwoBoots(a.summary, b.summary));
  return { ...empty, shifts, shares, sentence };
}

/** How often both were measured in turn; 0 where one went before the other. */
export function roundsOf({ stretches: a }: RunInfo, { stretches: b }: RunInfo): number {
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

function lineOf({ run, provenance, endToEnd }: Summary, axis: Axis | null): RunLine {
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

/** By how far the clock may have been wrong. */
function widened(shift: Shift, reaches: Reaches): Shift {
  const n = (QUANTILES as readonly number[]).indexOf(shift.quantile);
  const [reachA, reachB] = [reaches.a.get(shift.layer)?.[n], reaches.b.get(shift.layer)?.[n]];
  if (reachA === undefined || reachB === undefined) return shift;
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

type Reaches = Record<'a' | 'b', RunDigest['reaches']>;
