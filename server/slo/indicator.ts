/**
 * What is counted for an objective: which requests it is about, and which of
 * them are good. Two objectives that ask the same share one indicator, and a
 * new target changes nothing of what was counted.
 */
import { CLASSES } from '../wire/record.ts';
import { type Fits, fits, pathFits, type SeenRow, type Selector } from './selector.ts';
import { type TimeName, timeOf } from './times.ts';

export const OPERATORS = ['lte', 'lt', 'gte', 'gt'] as const;
export type Operator = (typeof OPERATORS)[number];

/** A time of the request against a limit. */
export interface Threshold {
  readonly time: TimeName;
  readonly op: Operator;
  readonly ns: number;
}

export interface Indicator {
  readonly total: Selector;
  /** What good ones are, or where `isBad` what bad ones are; absent: the threshold alone decides. */
  readonly numerator?: { readonly selector: Selector; readonly isBad: boolean };
  /** Of good ones, or where `isBad` of bad ones. */
  readonly threshold?: Threshold;
  /** Paths that wait on purpose, and paths that nobody waits for. */
  readonly longPolls: readonly string[];
  readonly healthChecks: readonly string[];
}

/** What is counted in each minute, in this order. */
export const TALLIES = ['total', 'good', 'unmeasured', 'longPolls', 'healthChecks', 'multiplexed'] as const;
export type Tally = (typeof TALLIES)[number];
/** Along TALLIES: whole numbers, negative only in what takes something back. */
export type Counts = Float64Array;

export function noCounts(): Counts {
  return new Float64Array(TALLIES.length);
}

const AT = Object.fromEntries(TALLIES.map((name, i) => [name, i])) as Record<Tally, number>;
const [REQUEST, STREAM, MULTIPLEXED] = (['request', 'stream', 'multiplexed'] as const).map((name) =>
  CLASSES.indexOf(name),
);

/** Names an indicator for as long as it asks the same: a text that is equal where the questions are. */
export function indicatorId(indicator: Indicator): string {
  return JSON.stringify(indicator, (_key, value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** What a request is to an objective. */
export type Verdict = 'good' | 'bad' | Exclude<Tally, 'total' | 'good'>;
export type Judge = (seen: SeenRow) => Verdict | null;

/** @returns says what a row is; null where the indicator is not about it */
export function judgeOf(indicator: Indicator): Judge {
  const isMeant = fits(indicator.total);
  const waits = pathFits(indicator.longPolls);
  const isCheck = pathFits(indicator.healthChecks);
  const isGood = goodness(indicator);
  return (seen) => {
    const exchangeClass = seen.columns.class[seen.row]!;
    if (exchangeClass !== REQUEST && exchangeClass !== STREAM && exchangeClass !== MULTIPLEXED) return null;
    if (!isMeant(seen)) return null;
    if (exchangeClass === STREAM || waits(seen)) return 'longPolls';
    if (exchangeClass === MULTIPLEXED) return 'multiplexed';
    if (isCheck(seen)) return 'healthChecks';
    const good = isGood(seen);
    if (good === null) return 'unmeasured';
    return good ? 'good' : 'bad';
  };
}

/** @param times -1 takes a row away again that was counted before */
export type Count = (seen: SeenRow, counts: Counts, times: 1 | -1) => boolean;

/** @returns counts a row; false where the indicator is not about it */
export function countOf(indicator: Indicator): Count {
  const judge = judgeOf(indicator);
  return (seen, counts, times) => {
    const verdict = judge(seen);
    if (verdict === null) return false;
    const isJudged = verdict === 'good' || verdict === 'bad';
    if (isJudged) counts[AT.total]! += times;
    if (verdict !== 'bad') counts[AT[verdict]]! += times;
    return true;
  };
}

/** Whether a request is good; null where its time was not measured and matters. */
function goodness({ numerator, threshold }: Indicator): (seen: SeenRow) => boolean | null {
  const isNamed: Fits = numerator === undefined ? () => true : fits(numerator.selector);
  const isBad = numerator?.isBad ?? false;
  const holds = threshold === undefined ? () => true : thresholdHolds(threshold);
  return (seen) => {
    if (!isNamed(seen)) return isBad;
    const held = holds(seen);
    return held === null ? null : held !== isBad;
  };
}

function thresholdHolds({ time, op, ns: limit }: Threshold): (seen: SeenRow) => boolean | null {
  const value = timeOf(time);
  return ({ columns, row }) => {
    const ns = value(columns, row);
    return Number.isNaN(ns) ? null : compare(ns, op, limit);
  };
}

export function compare(value: number, op: Operator, limit: number): boolean {
  if (op === 'lte') return value <= limit;
  if (op === 'lt') return value < limit;
  return op === 'gte' ? value >= limit : value > limit;
}
