/**
 * The offset between a host's and a guest's clock from causality alone: what
 * the host sent reached the guest later, what the guest sent reached the host
 * later. Each exchange gives a lower and an upper limit on
 * offset = hostTime − guestTime; the line through the middle of the corridor
 * that they leave over the last second is the clock, and the farthest line
 * that still fits is the proven error.
 */
import { Envelope } from './envelope.ts';
import { type Points, reduceToHull } from './hull.ts';
import { type Corridor, extremeAt, type Feasible, feasibleSlopes, interceptRange } from './max-margin.ts';
import { RecentExchanges } from './recent.ts';
import { ConstraintWindow } from './window.ts';

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
  /** Largest rate between the two clocks that is believed; default 1000 ppm: NTP may slew each of them by 500. */
  maxPpm?: number;
}

const BUCKETS = 100;
/** A shorter window says nothing about the rate: it keeps the last one. */
const RATE_SHARE = 0.2;
/** Exchanges among which the ones behind a step are looked for. */
const RECENT = 2048;
/** So many late exchanges in a row that contradict the clock are no stragglers: the guest's clock was set back. */
const SET_BACK = 32;

export class PairClock {
  readonly #window: ConstraintWindow;
  readonly #maxSlope: number;
  readonly #rateSpanNs: number;
  #slope = 0;
  #origin: { x: number; y: number } | null = null;
  readonly #recent = new RecentExchanges(RECENT);
  #last: ClockFit | null = null;
  #contradictions = 0;
  #steps = 0;
  #inverted = 0;

  constructor(options: ClockOptions = {}) {
    const windowNs = options.windowNs ?? 1e9;
    this.#window = new ConstraintWindow(windowNs, BUCKETS);
    this.#maxSlope = (options.maxPpm ?? 1000) / 1e6;
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
    this.#origin ??= originOf(guestInNs, hostOutNs, guestOutNs, hostInNs);
    if (!this.#origin) return;
    const { x, y } = this.#origin;
    const inX = guestInNs - x;
    const outX = guestOutNs - x;
    const lowest = hostOutNs - guestInNs - y;
    const highest = hostInNs - guestOutNs - y;
    if (this.#add(inX, lowest, outX, highest)) this.#contradictions = 0;
    else if (this.#contradicts(guestInNs, hostOutNs - guestInNs, 1)) this.#setBack(inX);
    else if (this.#contradicts(guestOutNs, hostInNs - guestOutNs, -1)) this.#setBack(inX);
  }

  #add(inX: number, lowest: number, outX: number, highest: number): boolean {
    const request = !Number.isNaN(lowest) && this.#window.add(inX, lowest, 1);
    const response = !Number.isNaN(highest) && this.#window.add(outX, highest, -1);
    if (request || response) {
      this.#recent.add(inX, request ? lowest : Number.NaN, outX, response ? highest : Number.NaN);
    }
    return request || response;
  }

  /** Whether no rate that is believed leads from the last fit to this limit. */
  #contradicts(guestNs: number, limit: number, side: 1 | -1): boolean {
    const last = this.#last;
    if (!last) return false;
    const slack = last.boundNs + this.#maxSlope * Math.max(Math.abs(last.toNs - guestNs), last.toNs - last.fromNs);
    return side * (limit - last.offsetAt(guestNs)) > slack;
  }

  #setBack(inX: number): void {
    if (++this.#contradictions < SET_BACK) return;
    this.#contradictions = 0;
    this.#steps++;
    this.#last = null;
    this.#recent.keepNewest(0);
    this.#window.restart(inX);
  }

  /**
   * Fit the window. Where no line fits, the exchanges that came first are dropped until one does, and a step is
   * counted; so it is where no rate leads from the last fit to this one.
   * @returns null before the first exchange, and after a step until there are points again
   */
  fit(): ClockFit | null {
    const window = this.#corridor();
    if (!window) return null;
    const feasible = feasibleSlopes(window.corridor);
    if (!feasible) return this.#behindStep();
    const fit = this.#fitted(window, feasible);
    if (this.#last && this.#apart(this.#last, fit)) this.#steps++;
    this.#last = fit;
    return fit;
  }

  #behindStep(): ClockFit | null {
    this.#steps++;
    this.#recent.keepNewest(this.#newestFeasible());
    let oldest = Number.POSITIVE_INFINITY;
    this.#recent.visit(RECENT, (inX, lowest, outX) => {
      oldest = Math.min(oldest, Number.isNaN(lowest) ? outX : inX);
    });
    this.#window.restart(oldest);
    this.#recent.visit(RECENT, (inX, lowest, outX, highest) => {
      if (!Number.isNaN(lowest)) this.#window.add(inX, lowest, 1);
      if (!Number.isNaN(highest)) this.#window.add(outX, highest, -1);
    });
    const window = this.#corridor();
    const feasible = window && feasibleSlopes(window.corridor);
    this.#last = window && feasible ? this.#fitted(window, feasible) : null;
    return this.#last;
  }

  /** Whether an idle stretch between the two hides a step. */
  #apart(before: ClockFit, after: ClockFit): boolean {
    const idleNs = after.fromNs - before.toNs;
    if (idleNs <= 0) return false;
    const moved = Math.abs(after.offsetAt(after.fromNs) - before.offsetAt(before.toNs));
    return moved > before.boundNs + after.boundNs + this.#maxSlope * idleNs;
  }

  /** The largest number of newest exchanges that one line fits. */
  #newestFeasible(): number {
    let fits = 0;
    let fails = this.#recent.count + 1;
    while (fails - fits > 1) {
      const middle = (fits + fails) >> 1;
      const { lower, upper } = this.#recent.hulls(middle);
      const part = windowOf(lower, upper, this.#maxSlope);
      if (!part || feasibleSlopes(part.corridor)) fits = middle;
      else fails = middle;
    }
    return fits;
  }

  #corridor(): Window | null {
    const { lower, upper } = this.#window.points();
    const window = this.#origin && windowOf(lower, upper, this.#maxSlope);
    if (!window || !this.#origin) return null;
    return { ...window, centreX: window.centreX + this.#origin.x, centreY: window.centreY + this.#origin.y };
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
    return lineFit(window, slope, intercept, Math.ceil(boundNs) + 1);
  }
}

interface Window {
  readonly corridor: Corridor;
  readonly envelope: Envelope;
  readonly centreX: number;
  readonly centreY: number;
  /** Ends of the window, from the centre. */
  readonly from: number;
  readonly to: number;
}

/** The corridor around its own centre, so that products of slope and time stay small and exact. Takes the points. */
function windowOf(lower: Points, upper: Points, maxSlope: number): Window | null {
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

/** The first stamp with its offset; the response's where the exchange has no request limit. */
function originOf(guestInNs: number, hostOutNs: number, guestOutNs: number, hostInNs: number) {
  if (!Number.isNaN(hostOutNs - guestInNs)) return { x: guestInNs, y: hostOutNs - guestInNs };
  return Number.isNaN(hostInNs - guestOutNs) ? null : { x: guestOutNs, y: hostInNs - guestOutNs };
}

function lineFit(window: Window, slope: number, intercept: number, boundNs: number): ClockFit {
  const { centreX, centreY, from, to, corridor, envelope } = window;
  const offsetAt = (guestNs: number) => centreY + Math.round(intercept + slope * (guestNs - centreX));
  const errorAt = (guestNs: number, used: number) => {
    const x = guestNs - centreX;
    return Math.max(envelope.highestAt(x) - used, used - envelope.lowestAt(x));
  };
  return {
    method: 'causality',
    offsetAt,
    boundNs,
    boundOver: (fromGuestNs, toGuestNs) => {
      const used = offsetAt(fromGuestNs + (toGuestNs - fromGuestNs) / 2) - centreY;
      return Math.ceil(Math.max(errorAt(fromGuestNs, used), errorAt(toGuestNs, used))) + 1;
    },
    ratePpm: slope * 1e6,
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
