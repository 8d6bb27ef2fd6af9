/** Conditions that a comparison must not meet: `p99>+5%`, `p50>200us`. */

import type { Shift } from '../wire/compare-views.ts';
import { quantileName, WHOLE } from './sentence.ts';

export interface Condition {
  text: string;
  quantile: number;
  /** B slower than A by more than this, or where negative, not faster by as much. */
  limit: { share: number } | { ns: number };
}

export interface Verdict {
  condition: string;
  layer: string;
  /** `met`: the whole interval is beyond the limit; `open`: the limit is within it. */
  state: 'met' | 'open' | 'not met' | 'not measured';
  shift: number | null;
  limitNs: number | null;
}

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
const PATTERN = /^p(50|90|99|99\.9)\s*>\s*([+-]?\d+(?:\.\d+)?)\s*(%|ns|us|µs|ms|s)$/;

/** @returns null where the text is no condition */
export function parseCondition(text: string): Condition | null {
  const match = PATTERN.exec(text.trim());
  if (!match) return null;
  const [, percent, number, unit] = match as unknown as [string, string, string, string];
  const value = Number(number);
  const limit = unit === '%' ? { share: value / 100 } : { ns: value * UNITS[unit]! };
  return { text: text.trim(), quantile: Number(`${percent}e-2`), limit };
}

/** @param layers patterns with `*`; empty is the whole request */
export function verdictsOf(
  conditions: readonly Condition[],
  layers: readonly string[],
  shifts: readonly Shift[],
): Verdict[] {
  const patterns = (layers.length > 0 ? layers : [WHOLE]).map(patternOf);
  const names = [...new Set(shifts.map(({ layer }) => layer))].filter((layer) => patterns.some((p) => p.test(layer)));
  return conditions.flatMap((condition) => names.map((layer) => verdictOf(condition, layer, shifts)));
}

function patternOf(glob: string): RegExp {
  const escaped = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}

function verdictOf({ text, quantile, limit }: Condition, layer: string, shifts: readonly Shift[]): Verdict {
  const found = shifts.find(
    (shift) => shift.layer === layer && quantileName(shift.quantile) === quantileName(quantile),
  );
  if (!found) return { condition: text, layer, state: 'not measured', shift: null, limitNs: null };
  const limitNs = 'ns' in limit ? limit.ns : limit.share * found.a;
  const state = found.bandLow > limitNs ? 'met' : found.bandHigh > limitNs ? 'open' : 'not met';
  return { condition: text, layer, state, shift: found.shift, limitNs };
}
