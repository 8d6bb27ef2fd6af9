/** The clock of each (host boot, guest boot) pair, and what it says about the paths of one tick. */
import { PairClock } from './clock/clock.ts';
import type { ClockFit } from './clock/fit.ts';
import { withinOwnCausality } from './clock/own-causality.ts';
import type { Crossing } from './clock/step-gaps.ts';
import { CAUSALITY, GAP, OWN_CAUSALITY } from './join/clock-method.ts';
import { type PathColumns, STATION_COUNT } from './join/paths.ts';
import type { ClockEvent } from './wire/clock-views.ts';
import { stationIndex } from './wire/stations.ts';

const TAP_TX = stationIndex('tap.tx');
const VNIC_RX = stationIndex('vnic.rx');
const VNIC_TX = stationIndex('vnic.tx');
const TAP_RX = stationIndex('tap.rx');

export const MAX_PAIRS = 1024;
/** So much time between the host and the guest, and no later exchange: the guest may have stood still meanwhile. */
export const DOUBTFUL_NS = 20e6;

export interface Pair {
  readonly host: number;
  readonly guest: number;
  readonly clock: PairClock;
  fit: ClockFit | null;
  /** Paths since the last fit. */
  fresh: boolean;
  /** Wall clock of the newest of its paths, ms. */
  checkedMs: number;
  /** Wall clock, ms, at which the host's clock of the records was 0. */
  zeroMs: number;
}

/** Takes what happened to a pair's clocks, or to a guest; `guest` is its source. */
export type ClockListener = (event: Omit<ClockEvent, 'machine'>, guest: number) => void;

export class PairClocks {
  readonly #pairs = new Map<number, Pair>();
  /** The pair that each guest was last seen in. */
  readonly #pairOfGuest = new Map<number, Pair>();
  readonly #tell: ClockListener;
  #forgottenSteps = 0;
  #forgottenWindows = 0;
  /** Paths whose own causality said more than the fit of their window. */
  tightened = 0;
  /** Paths within which a clock may have jumped. */
  inGap = 0;
  #latest: Pair | null = null;

  constructor(tell: ClockListener = () => undefined) {
    this.#tell = tell;
  }

  /** Let rows [from, to) teach their clocks, then give each row one whole-ns offset and its bound. */
  apply(columns: PathColumns, from: number, to: number): void {
    for (let row = from; row < to; row++) this.#observe(columns, row);
    for (const pair of this.#pairs.values()) if (pair.fresh) this.#fit(pair);
    this.stamp(columns, from, to);
  }

  /** Give rows [from, to) their offsets by what is known now. */
  stamp(columns: PathColumns, from: number, to: number): void {
    for (let row = from; row < to; row++) this.#stamp(columns, row);
  }

  /** Whether this path took so long between host and guest that only a later one can tell whether a clock jumped. */
  isDoubtful(columns: PathColumns, row: number): boolean {
    const { hostOutNs, guestInNs, guestOutNs, hostInNs } = crossingOf(columns, row);
    if (!(hostInNs - hostOutNs - (guestOutNs - guestInNs) > DOUBTFUL_NS)) return false;
    const pair = this.#pairs.get(keyOf(columns, row));
    return pair !== undefined && pair.clock.newestHostNs < hostInNs;
  }

  /** The pair heard from last, or null before there is a fit. */
  get latest(): Pair | null {
    return this.#latest;
  }

  /** The pair that a guest was last seen in. */
  pairOf(guest: number): Pair | undefined {
    return this.#pairOfGuest.get(guest);
  }

  all(): Pair[] {
    return [...this.#pairs.values()];
  }

  get steps(): number {
    let steps = this.#forgottenSteps;
    for (const pair of this.#pairs.values()) steps += pair.clock.steps;
    return steps;
  }

  /** Fits made. */
  get windows(): number {
    let windows = this.#forgottenWindows;
    for (const pair of this.#pairs.values()) windows += pair.clock.windows;
    return windows;
  }

  /** Drop the pairs of a source whose number will be used again. */
  forget(source: number): void {
    for (const [key, pair] of this.#pairs) if (pair.host === source || pair.guest === source) this.#delete(key, pair);
  }

  #observe(columns: PathColumns, row: number): void {
    const pair = this.#pair(columns, row);
    const { hostOutNs, guestInNs, guestOutNs, hostInNs } = crossingOf(columns, row);
    pair.clock.observe(hostOutNs, guestInNs, guestOutNs, hostInNs);
    pair.fresh = true;
    const atMs = columns.atMs[row] as number;
    this.#follow(pair, atMs);
    if (atMs > pair.checkedMs) pair.checkedMs = atMs;
    if (!Number.isNaN(hostOutNs)) pair.zeroMs = atMs - hostOutNs / 1e6;
  }

  /** A guest that goes on behind another host was moved there; late records of the old one are no way back. */
  #follow(pair: Pair, atMs: number): void {
    const before = this.#pairOfGuest.get(pair.guest);
    if (before === pair) return;
    if (before !== undefined && atMs <= before.checkedMs) return;
    this.#pairOfGuest.set(pair.guest, pair);
    if (before !== undefined)
      this.#tell({ kind: 'migration', atMs, sizeNs: null, boundNs: null, ratePpm: null }, pair.guest);
  }

  #fit(pair: Pair): void {
    pair.fit = pair.clock.fit();
    pair.fresh = false;
    if (pair.fit !== null) this.#latest = pair;
    for (const { kind, hostNs, ...facts } of pair.clock.takeBreaks()) {
      this.#tell({ kind, atMs: pair.zeroMs + hostNs / 1e6, ...facts }, pair.guest);
    }
  }

  #stamp(columns: PathColumns, row: number): void {
    const crossing = crossingOf(columns, row);
    const { hostOutNs, guestInNs, guestOutNs, hostInNs } = crossing;
    const fit = this.#pair(columns, row).clock.fitOf(crossing);
    const from = Number.isNaN(guestInNs) ? guestOutNs : guestInNs;
    const to = Number.isNaN(guestOutNs) ? guestInNs : guestOutNs;
    columns.guestOffset[row] = Number.NaN;
    columns.bound[row] = Number.NaN;
    columns.clockMethod[row] = fit === 'gap' ? GAP : 0;
    if (fit === 'gap') this.inGap++;
    if (fit === null || fit === 'gap' || Number.isNaN(from)) return;
    const fitted = fit.offsetAt(from + (to - from) / 2);
    const offset = withinOwnCausality(fitted, hostOutNs, guestInNs, guestOutNs, hostInNs);
    columns.guestOffset[row] = offset;
    columns.bound[row] = fit.boundOver(from, to);
    columns.clockMethod[row] = CAUSALITY;
    if (offset === fitted) return;
    // The fit does not hold here (a clock jumped after this exchange): all that is proven is its own range.
    this.tightened++;
    columns.clockMethod[row] = OWN_CAUSALITY;
    columns.bound[row] = hostInNs - guestOutNs - (hostOutNs - guestInNs);
  }

  #pair(columns: PathColumns, row: number): Pair {
    const key = keyOf(columns, row);
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    if (this.#pairs.size >= MAX_PAIRS) {
      const [oldest, pair] = this.#pairs.entries().next().value as [number, Pair];
      this.#delete(oldest, pair);
    }
    const host = columns.hostSource[row] as number;
    const guest = columns.guestSource[row] as number;
    const none = { fit: null, fresh: false, checkedMs: Number.NEGATIVE_INFINITY, zeroMs: 0 };
    const fresh: Pair = { host, guest, clock: new PairClock(), ...none };
    this.#pairs.set(key, fresh);
    return fresh;
  }

  #delete(key: number, pair: Pair): void {
    this.#forgottenSteps += pair.clock.steps;
    this.#forgottenWindows += pair.clock.windows;
    if (this.#latest === pair) this.#latest = null;
    if (this.#pairOfGuest.get(pair.guest) === pair) this.#pairOfGuest.delete(pair.guest);
    this.#pairs.delete(key);
  }
}

function keyOf({ hostSource, guestSource }: PathColumns, row: number): number {
  return (hostSource[row] as number) * 65_536 + (guestSource[row] as number);
}

function crossingOf({ first }: PathColumns, row: number): Crossing {
  const at = row * STATION_COUNT;
  return {
    hostOutNs: first[at + TAP_TX] as number,
    guestInNs: first[at + VNIC_RX] as number,
    guestOutNs: first[at + VNIC_TX] as number,
    hostInNs: first[at + TAP_RX] as number,
  };
}

/** A clock fits its last second: a backlog of many seconds is given to it in pieces, each with its own fit. */
export function sliceEnd(columns: PathColumns, from: number, spanMs: number): number {
  const startMs = columns.atMs[from] as number;
  let to = from + 1;
  while (to < columns.count && Math.abs((columns.atMs[to] as number) - startMs) < spanMs) to++;
  return to;
}
