/** Where values stand on an axis, and which of them are written there. Pure. */

export interface Scale {
  /** 0 at the start of the axis, 1 at its end; what lies beyond stands there. */
  at(value: number): number;
  /** Round values between the ends, rising; there may be more than can be written side by side. */
  ticks: number[];
  /** Up to this distance from 0 values are spaced evenly, further out by their order of magnitude; null where all are even. */
  evenTo: number | null;
}

/** What a layer has of the axis when all are drawn to one scale: less than this is nothing to look at. */
const VISIBLE_SHARE = 1 / 40;
const MOST_DECADES = 5;
/** Clocks of the kernel tell no less apart. */
const FINEST_NS = 10;
/** Of the axis, beyond the outermost value. */
const MARGIN = 0.03;

function scaleOf(from: number, to: number, ticks: number[], warp: (value: number) => number, evenTo: number | null) {
  const [start, end] = [warp(from), warp(to)];
  const margin = (end - start || 1) * MARGIN;
  const at = (value: number) => (warp(value) - start + margin) / (end - start + 2 * margin || 1);
  return {
    at: (value: number) => Math.min(1, Math.max(0, at(value))),
    ticks: ticks.filter((tick) => at(tick) >= 0 && at(tick) <= 1),
    evenTo,
  };
}

/** All evenly spaced, with `most` ticks or one more. */
export function linearScale(from: number, to: number, most: number): Scale {
  return scaleOf(from, to, evenTicks(from, to, most), (value) => value, null);
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function evenTicks(from: number, to: number, most: number): number[] {
  const raw = (to - from || 1) / Math.max(1, most);
  const decade = 10 ** Math.floor(Math.log10(raw));
  const step = decade * ([1, 2, 5].find((n) => n * decade >= raw) ?? 10);
  const first = Math.floor(from / step);
  return Array.from({ length: Math.ceil(to / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** By order of magnitude, a tick for each; where 0 is among the values it is even there, as 0 has no logarithm. */
export function magnitudeScale(values: readonly number[], most: number): Scale {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  if (from <= 0) return signedScale(from, to, finest(values));
  if (to / from < 10) return scaleOf(from, to, evenTicks(from, to, most), Math.log, 0);
  return scaleOf(from, to, decades(from, to), Math.log, 0);
}

/**
 * Shifts, of both signs and 0 among them, so no logarithm fits. Where the
 * smallest layer would be too small to see beside the largest (20 ns in the
 * switch beside 2 ms in the vNIC is usual), the axis is even around 0 and goes
 * by the order of magnitude further out; otherwise it is even throughout,
 * because lengths can then be compared by eye.
 */
export function shiftScale(rows: readonly { bandLow: number; bandHigh: number }[], most: number): Scale {
  const from = Math.min(0, ...rows.map(({ bandLow }) => bandLow));
  const to = Math.max(0, ...rows.map(({ bandHigh }) => bandHigh));
  const reaches = rows.map(({ bandLow, bandHigh }) => Math.max(-bandLow, bandHigh)).filter((reach) => reach > 0);
  if (reaches.length === 0 || Math.min(...reaches) >= VISIBLE_SHARE * Math.max(...reaches)) {
    return linearScale(from, to, most);
  }
  return signedScale(from, to, finest(reaches));
}

/** The inverse hyperbolic sine: a straight line at 0, a logarithm far from it, and no seam between. */
function signedScale(from: number, to: number, evenTo: number): Scale {
  const out = decades(evenTo, Math.max(-from, to));
  const ticks = [...out.map((n) => -n).reverse(), 0, ...out];
  return scaleOf(from, to, ticks, (value) => Math.asinh(value / evenTo), evenTo);
}

/** The power of ten below the smallest value, not so far down that it would take the room of all others. */
function finest(values: readonly number[]): number {
  const sizes = values.filter((value) => value > 0);
  if (sizes.length === 0) return FINEST_NS;
  const least = Math.max(FINEST_NS, Math.min(...sizes), Math.max(...sizes) / 10 ** MOST_DECADES);
  return 10 ** Math.floor(Math.log10(least));
}

function decades(from: number, to: number): number[] {
  if (to < from) return [];
  const first = Math.floor(Math.log10(from));
  return Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => 10 ** (first + i));
}
