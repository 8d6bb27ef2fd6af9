/**
 * The offset between a host's and a guest's clock from causality alone: what
 * the host sent reached the guest later, what the guest sent reached the host
 * later. Each exchange gives a lower and an upper limit on
 * offset = hostTime − guestTime; the line through the middle of the corridor
 * that they leave over the last second is the clock, and the farthest line
 * that still fits is the proven error.
 */
import { Breaks, type ClockBreak } from './breaks.ts';
import { type ClockFit, lineFit, type Window, windowOf } from './fit.ts';
import { type Feasible, feasibleSlopes } from './max-margin.ts';
import { RateWatch } from './rate-watch.ts';
import { RecentExchanges } from './recent.ts';
import { type Crossing, StepGaps, stepGap } from './step-gaps.ts';
import { ConstraintWindow } from './window.ts';

export interface ClockOptions {
  /** Trailing guest time that is fitted; default 1 s. */
  windowNs?: number;
  /** Largest rate between the two clocks that is believed; default 1000 ppm: NTP may slew each of them by 500. */
  maxPpm?: number;
}

const BUCKETS = 100;
/** A shorter window says nothing about the rate: it keeps the last one. */
const RATE_SHARE = 0.2;
/** Exchanges among which a step is looked for. */
const RECENT = 2048;
/** So many late exchanges in a row that contradict the clock are no stragglers: the guest's clock was set back. */
const SET_BACK = 32;

/** A step whose other side has no fit yet. */
interface PendingStep {
  readonly before: ClockFit | null;
  /** Host time at which it was over for sure. */
  readonly byHostNs: number;
}

export class PairClock {
  readonly #window: ConstraintWindow;
  readonly #maxSlope: number;
  readonly #rateSpanNs: number;
  #slope = 0;
  #origin: { x: number; y: number } | null = null;
  readonly #recent = new RecentExchanges(RECENT);
  #last: ClockFit | null = null;
  #pendingStep: PendingStep | null = null;
  #bent = false;
  #contradictions = 0;
  /** When the first of them was back on the host. */
  #contradictedNs = Number.POSITIVE_INFINITY;
  readonly #gaps = new StepGaps();
  readonly #rate = new RateWatch();
  readonly #breaks = new Breaks();
  #newestHostNs = Number.NEGATIVE_INFINITY;
  #steps = 0;
  #windows = 0;
  #inverted = 0;

  constructor(options: ClockOptions = {}) {
    const windowNs = options.windowNs ?? 1e9;
    this.#window = new ConstraintWindow(windowNs, BUCKETS);
    this.#maxSlope = (options.maxPpm ?? 1000) / 1e6;
    this.#rateSpanNs = windowNs * RATE_SHARE;
  }

  /** Jumps of one clock against the other: no course within the largest rate fits. */
  get steps(): number {
    return this.#steps;
  }

  /** Changes of the rate. */
  get slews(): number {
    return this.#breaks.slews;
  }

  /** Fits made. */
  get windows(): number {
    return this.#windows;
  }

  /** Host time at which the newest exchange so far left: a step before that would have been seen. */
  get newestHostNs(): number {
    return this.#newestHostNs;
  }

  /** What happened since the last call, oldest first. */
  takeBreaks(): ClockBreak[] {
    return this.#breaks.take();
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
    if (this.#isInverted(hostOutNs, guestInNs, guestOutNs, hostInNs)) {
      this.#inverted++;
      return;
    }
    if (hostOutNs > this.#newestHostNs) this.#newestHostNs = hostOutNs;
    this.#origin ??= originOf(guestInNs, hostOutNs, guestOutNs, hostInNs);
    if (!this.#origin) return;
    const { x, y } = this.#origin;
    const inX = guestInNs - x;
    const outX = guestOutNs - x;
    const lowest = hostOutNs - guestInNs - y;
    const highest = hostInNs - guestOutNs - y;
    if (this.#add(inX, lowest, outX, highest)) this.#contradictions = 0;
    else if (
      this.#contradicts(guestInNs, hostOutNs - guestInNs, 1) ||
      this.#contradicts(guestOutNs, hostInNs - guestOutNs, -1)
    ) {
      this.#setBack(inX, hostInNs);
    }
  }

  /** The guest's part lasted longer than the host's around it: a clock jumped meanwhile. */
  #isInverted(hostOutNs: number, guestInNs: number, guestOutNs: number, hostInNs: number): boolean {
    const guestNs = guestOutNs - guestInNs;
    return hostInNs - hostOutNs < guestNs - Math.abs(guestNs) * this.#maxSlope;
  }

  /**
   * The fit that holds for an exchange: the newest, or, for a late one, that of its own time.
   * @returns `gap` where a clock may have jumped within the exchange: no one offset is true for it
   */
  fitOf(exchange: Crossing): ClockFit | null | 'gap' {
    const { hostOutNs, guestInNs, guestOutNs, hostInNs } = exchange;
    if (this.#isInverted(hostOutNs, guestInNs, guestOutNs, hostInNs)) return 'gap';
    return this.#gaps.fitOf(exchange, this.#last);
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

  #setBack(inX: number, hostInNs: number): void {
    if (this.#contradictions++ === 0) this.#contradictedNs = hostInNs;
    if (this.#contradictions < SET_BACK) return;
    this.#contradictions = 0;
    this.#stepped(this.#contradictedNs);
    this.#last = null;
    this.#window.restart(inX);
  }

  #stepped(byHostNs = Number.POSITIVE_INFINITY): void {
    this.#steps++;
    this.#pendingStep = { before: this.#last, byHostNs };
  }

  /**
   * Fit the window. Where no line fits, the exchanges that came first are dropped until one does: the rate changed,
   * or, where not even a bent line fits or no rate leads from the last fit to this one, a clock jumped.
   * @returns null before the first exchange, and after a step until there are points again
   */
  fit(): ClockFit | null {
    const window = this.#corridor();
    if (!window) return null;
    const feasible = feasibleSlopes(window.corridor);
    if (!feasible) return this.#behindBreak(window.envelope.isContinuous);
    const fit = this.#fitted(window, feasible);
    if (this.#last && this.#apart(this.#last, fit)) this.#stepped();
    return this.#take(fit);
  }

  #behindBreak(continuous: boolean): ClockFit | null {
    if (continuous) this.#bent = true;
    else this.#stepped();
    const kept = this.#newestFeasible();
    let oldest = Number.POSITIVE_INFINITY;
    this.#recent.visit(kept, (inX, lowest, outX) => {
      oldest = Math.min(oldest, Number.isNaN(lowest) ? outX : inX);
    });
    this.#window.restart(oldest);
    this.#recent.visit(kept, (inX, lowest, outX, highest) => {
      if (!Number.isNaN(lowest)) this.#window.add(inX, lowest, 1);
      if (!Number.isNaN(highest)) this.#window.add(outX, highest, -1);
    });
    this.#last = null;
    const window = this.#corridor();
    const feasible = window && feasibleSlopes(window.corridor);
    return window && feasible && this.#take(this.#fitted(window, feasible), kept);
  }

  /** @param kept of the recent exchanges, those that the fit rests on; older ones are only witnesses of a step */
  #take(fit: ClockFit, kept?: number): ClockFit {
    this.#windows++;
    if (this.#pendingStep) this.#placeStep(this.#pendingStep, fit);
    else if (this.#breaks.measure(fit)) this.#gaps.sharpen(fit);
    if (kept !== undefined) this.#recent.keepNewest(kept);
    if (fit.toNs - fit.fromNs >= this.#rateSpanNs) this.#noteRate(fit);
    this.#last = fit;
    return fit;
  }

  #placeStep({ before, byHostNs }: PendingStep, after: ClockFit): void {
    this.#pendingStep = null;
    this.#bent = false;
    this.#rate.forgetSigns();
    const { x, y } = this.#origin!;
    const gap = stepGap(before, after, this.#recent.crossings(x, y), byHostNs);
    this.#gaps.add(gap);
    this.#breaks.step(gap);
  }

  #noteRate(fit: ClockFit): void {
    const ratePpm = this.#rate.changed(fit, this.#bent);
    this.#bent = false;
    if (ratePpm !== null) this.#breaks.slew(fit.toNs + fit.offsetNs, ratePpm);
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
    this.#slope = longEnough ? feasible.slope : kept;
    return lineFit(window, feasible, this.#slope);
  }
}

/** The first stamp with its offset; the response's where the exchange has no request limit. */
function originOf(guestInNs: number, hostOutNs: number, guestOutNs: number, hostInNs: number) {
  if (!Number.isNaN(hostOutNs - guestInNs)) return { x: guestInNs, y: hostOutNs - guestInNs };
  return Number.isNaN(hostInNs - guestOutNs) ? null : { x: guestOutNs, y: hostInNs - guestOutNs };
}
