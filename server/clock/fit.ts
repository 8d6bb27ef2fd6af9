/** The line through a corridor, and what it proves. */
import { Envelope } from './envelope.ts';
import { type Points, reduceToHull } from './hull.ts';
import { type Corridor, extremeAt, type Feasible, interceptRange } from './max-margin.ts';

export interface ClockFit {
  readonly method: 'causality';
  /** Whole ns to add to a guest time to get the host's. */
  offsetAt(guestNs: number): number;
  /** Proven ± of offsetAt within [fromNs, toNs], given a constant rate and |rate| ≤ maxPpm there. */
  readonly boundNs: number;
  /**
   * Proven ± at both ends of a stretch of guest time for which one offset, offsetAt(midpoint), serves; also outside
   * the window. It needs no constant rate, only |rate| ≤ maxPpm: it holds while a clock is slewed.
   */
  boundOver(fromGuestNs: number, toGuestNs: number): number;
  readonly ratePpm: number;
  /** Smallest and largest rate of any line through the corridor. */
  readonly rates: { readonly minPpm: number; readonly maxPpm: number };
  /** offsetAt(toNs). */
  readonly offsetNs: number;
  /** Guest time of the oldest and the newest point of the window. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Points that shape the corridor. */
  readonly points: number;
}

export interface Window {
  readonly corridor: Corridor;
  readonly envelope: Envelope;
  readonly centreX: number;
  readonly centreY: number;
  /** Ends of the window, from the centre. */
  readonly from: number;
  readonly to: number;
}

/** The corridor around its own centre, so that products of slope and time stay small and exact. Takes the points. */
export function windowOf(lower: Points, upper: Points, maxSlope: number): Window | null {
  if (lower.count === 0 || upper.count === 0) return null;
  const from = Math.min(lower.x[0]!, upper.x[0]!);
  const to = Math.max(lower.x[lower.count - 1]!, upper.x[upper.count - 1]!);
  const centreX = Math.round((from + to) / 2);
  const centreY = lower.y[0]!;
  for (const side of [lower, upper]) shift(side, centreX, centreY);
  const envelope = new Envelope(lower, upper, maxSlope);
  reduceToHull(lower, 1);
  reduceToHull(upper, -1);
  return { corridor: { lower, upper, maxSlope }, envelope, centreX, centreY, from: from - centreX, to: to - centreX };
}

/** The line of this slope through the middle of the corridor. */
export function lineFit(window: Window, feasible: Feasible, slope: number): ClockFit {
  const { centreX, centreY, from, to, corridor, envelope } = window;
  const { lowest, highest } = interceptRange(corridor, slope);
  const intercept = (lowest + highest) / 2;
  const offsetAt = (guestNs: number) => centreY + Math.round(intercept + slope * (guestNs - centreX));
  const errorAt = (guestNs: number, used: number) => {
    const x = guestNs - centreX;
    return Math.max(envelope.highestAt(x) - used, used - envelope.lowestAt(x));
  };
  const farthest = () =>
    Math.max(
      ...[from, to].flatMap((x) => [
        extremeAt(corridor, feasible, x, 1) - (intercept + slope * x),
        intercept + slope * x - extremeAt(corridor, feasible, x, -1),
      ]),
    );
  let boundNs: number | null = null;
  return {
    method: 'causality',
    offsetAt,
    // Half the work of a fit, and few ask for it.
    get boundNs() {
      boundNs ??= Math.ceil(farthest()) + 1;
      return boundNs;
    },
    boundOver: (fromGuestNs, toGuestNs) => {
      const used = offsetAt(fromGuestNs + (toGuestNs - fromGuestNs) / 2) - centreY;
      return Math.ceil(Math.max(errorAt(fromGuestNs, used), errorAt(toGuestNs, used))) + 1;
    },
    ratePpm: slope * 1e6,
    rates: { minPpm: feasible.minSlope * 1e6, maxPpm: feasible.maxSlope * 1e6 },
    offsetNs: offsetAt(centreX + to),
    fromNs: centreX + from,
    toNs: centreX + to,
    points: corridor.lower.count + corridor.upper.count,
  };
}

function shift(p: Points, x: number, y: number): void {
  for (let i = 0; i < p.count; i++) {
    p.x[i] = p.x[i]! - x;
    p.y[i] = p.y[i]! - y;
  }
}
