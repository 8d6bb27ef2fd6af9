/**
 * The offset between a host's and a guest's clock from causality alone: what
 * the host sent reached the guest later, what the guest sent reached the host
 * later. Each exchange gives a lower and an upper limit on
 * offset = hostTime − guestTime; the line through the middle of the corridor
 * that they leave over the last second is the clock, and the farthest line
 * that still fits is the proven error.
 */
import { type Points, points } from './hull.ts';
import { type Corridor, extremeAt, type Feasible, feasibleSlopes, interceptRange } from './max-margin.ts';
import { ConstraintWindow } from './window.ts';

export interface ClockFit {
  readonly method: 'causality';
  /** Whole ns to add to a guest time to get the host's. */
  offsetAt(guestNs: number): number;
  /** Proven ± of offsetAt within [fromNs, toNs], given a constant rate and |rate| ≤ maxPpm there. */
  readonly boundNs: number;
  /** Proven ± when one offset, offsetAt(midpoint), serves a whole stretch of guest time, also outside the window. */
  boundOver(fromGuestNs: number, toGuestNs: number): number;
  readonly ratePpm: number;
  /** offsetAt(toNs). */
  readonly offsetNs: number;
  /** Guest time of the oldest and the newest point of the window. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Points that shape the corridor. */
  readonly points: number;
}

export interface ClockOptions {
  /** Trailing guest time that is fitted; default 1 s. */
  windowNs?: number;
  /** Largest rate between the two clocks that is believed; default 500 ppm (the kernel's own limit for NTP). */
  maxPpm?: number;
}

const BUCKETS = 100;
/** A shorter window says nothing about the rate: it keeps the last one. */
const RATE_SHARE = 0.2;

export class PairClock {
  readonly #window: ConstraintWindow;
  readonly #maxSlope: number;
  readonly #rateSpanNs: number;
  #slope = 0;
  #origin: { x: number; y: number } | null = null;
  #steps = 0;
  #inverted = 0;

  constructor(options: ClockOptions = {}) {
    const windowNs = options.windowNs ?? 1e9;
    this.#window = new ConstraintWindow(windowNs, BUCKETS);
    this.#maxSlope = (options.maxPpm ?? 500) / 1e6;
    this.#rateSpanNs = windowNs * RATE_SHARE;
  }

  /** Windows that no line fitted: a clock was set, or the guest stood still. */
  get steps(): number {
    return this.#steps;
  }

  /** Exchanges left out because the guest's part lasted longer than the host's around it. */
  get inverted(): number {
    return this.#inverted;
  }

  /** Points left out because their part of the window is over. */
  get late(): number {
    return this.#window.late;
  }

  /** Points left out because 10 ms of the window held too many that shape it. */
  get crowded(): number {
    return this.#window.crowded;
  }

  /**
   * One joined exchange: tap.tx, vnic.rx, vnic.tx, tap.rx, whole ns since each
   * vantage's base. A request or response with a NaN end is left out.
   */
  observe(hostOutNs: number, guestInNs: number, guestOutNs: number, hostInNs: number): void {
    const guestNs = guestOutNs - guestInNs;
    if (hostInNs - hostOutNs < guestNs - Math.abs(guestNs) * this.#maxSlope) {
      this.#inverted++;
      return;
    }
    this.#add(guestInNs, hostOutNs - guestInNs, 1);
    this.#add(guestOutNs, hostInNs - guestOutNs, -1);
  }

  #add(x: number, y: number, side: 1 | -1): void {
    if (Number.isNaN(y)) return;
    this.#origin ??= { x, y };
    this.#window.add(x - this.#origin.x, y - this.#origin.y, side);
  }

  /**
   * Fit the window. Where no line fits, the oldest points are dropped until one does, and a step is counted.
   * @returns null before the first exchange, and after a step until there are points again
   */
  fit(): ClockFit | null {
    const whole = this.#corridor(BUCKETS);
    if (!whole) return null;
    const feasible = feasibleSlopes(whole.corridor);
    if (feasible) return this.#fitted(whole, feasible);
    this.#steps++;
    this.#window.keepNewest(this.#newestFeasible());
    const rest = this.#corridor(BUCKETS);
    const restFeasible = rest && feasibleSlopes(rest.corridor);
    return rest && restFeasible ? this.#fitted(rest, restFeasible) : null;
  }

  /** The largest number of newest buckets that one line fits. */
  #newestFeasible(): number {
    let fits = 0;
    let fails = BUCKETS;
    while (fails - fits > 1) {
      const middle = (fits + fails) >> 1;
      const part = this.#corridor(middle);
      if (!part || feasibleSlopes(part.corridor)) fits = middle;
      else fails = middle;
    }
    return fits;
  }

  /** The corridor around its own centre, so that products of slope and time stay small and exact. */
  #corridor(buckets: number): Window | null {
    const { lower, upper } = this.#window.hulls(buckets);
    if (lower.count === 0 || upper.count === 0 || !this.#origin) return null;
    const from = Math.min(lower.x[0]!, upper.x[0]!);
    const to = Math.max(lower.x[lower.count - 1]!, upper.x[upper.count - 1]!);
    const x = Math.round((from + to) / 2);
    const y = lower.y[0]!;
    return {
      corridor: { lower: shifted(lower, x, y), upper: shifted(upper, x, y), maxSlope: this.#maxSlope },
      centreX: x + this.#origin.x,
      centreY: y + this.#origin.y,
      from: from - x,
      to: to - x,
    };
  }

  #fitted(window: Window, feasible: Feasible): ClockFit {
    const longEnough = window.to - window.from >= this.#rateSpanNs;
    const kept = Math.min(Math.max(this.#slope, feasible.minSlope), feasible.maxSlope);
    const slope = longEnough ? feasible.slope : kept;
    this.#slope = slope;
    const { lowest, highest } = interceptRange(window.corridor, slope);
    const intercept = (lowest + highest) / 2;
    const boundNs = Math.max(
      ...[window.from, window.to].flatMap((x) => [
        extremeAt(window.corridor, feasible, x, 1) - (intercept + slope * x),
        intercept + slope * x - extremeAt(window.corridor, feasible, x, -1),
      ]),
    );
    return lineFit(window, feasible, slope, intercept, Math.ceil(boundNs) + 1);
  }
}

interface Window {
  readonly corridor: Corridor;
  readonly centreX: number;
  readonly centreY: number;
  /** Ends of the window, from the centre. */
  readonly from: number;
  readonly to: number;
}

function lineFit(window: Window, feasible: Feasible, slope: number, intercept: number, boundNs: number): ClockFit {
  const { centreX, centreY, from, to, corridor } = window;
  const offsetAt = (guestNs: number) => centreY + Math.round(intercept + slope * (guestNs - centreX));
  const slopeError = Math.max(feasible.maxSlope - slope, slope - feasible.minSlope);
  const boundAt = (guestNs: number) => {
    const outside = Math.max(from - (guestNs - centreX), guestNs - centreX - to, 0);
    return boundNs + Math.ceil(outside * slopeError);
  };
  return {
    method: 'causality',
    offsetAt,
    boundNs,
    boundOver: (fromGuestNs, toGuestNs) =>
      Math.max(boundAt(fromGuestNs), boundAt(toGuestNs)) +
      Math.ceil((Math.abs(slope) * Math.abs(toGuestNs - fromGuestNs)) / 2),
    ratePpm: slope * 1e6,
    offsetNs: offsetAt(centreX + to),
    fromNs: centreX + from,
    toNs: centreX + to,
    points: corridor.lower.count + corridor.upper.count,
  };
}

function shifted(p: Points, x: number, y: number): Points {
  const moved = points(p.count);
  moved.count = p.count;
  for (let i = 0; i < p.count; i++) {
    moved.x[i] = p.x[i]! - x;
    moved.y[i] = p.y[i]! - y;
  }
  return moved;
}
