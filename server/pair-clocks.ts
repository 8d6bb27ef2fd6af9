/** The clock of each (host boot, guest boot) pair, and what it says about the paths of one tick. */
import { type ClockFit, PairClock } from './clock/clock.ts';
import { withinOwnCausality } from './clock/own-causality.ts';
import { type PathColumns, STATION_COUNT } from './join/paths.ts';
import { stationIndex } from './wire/stations.ts';

const TAP_TX = stationIndex('tap.tx');
const VNIC_RX = stationIndex('vnic.rx');
const VNIC_TX = stationIndex('vnic.tx');
const TAP_RX = stationIndex('tap.rx');

export const MAX_PAIRS = 1024;

export interface Pair {
  readonly host: number;
  readonly guest: number;
  readonly clock: PairClock;
  fit: ClockFit | null;
  /** Paths since the last fit. */
  fresh: boolean;
}

export class PairClocks {
  readonly #pairs = new Map<number, Pair>();
  #forgottenSteps = 0;
  /** Paths whose own causality said more than the fit of their window. */
  tightened = 0;
  #latest: Pair | null = null;

  /** Let rows [from, to) teach their clocks, then give each row one whole-ns offset and its bound. */
  apply(columns: PathColumns, from: number, to: number): void {
    for (let row = from; row < to; row++) this.#observe(columns, row);
    for (const pair of this.#pairs.values()) {
      if (!pair.fresh) continue;
      pair.fit = pair.clock.fit();
      pair.fresh = false;
      if (pair.fit !== null) this.#latest = pair;
    }
    for (let row = from; row < to; row++) this.#stamp(columns, row);
  }

  /** The pair heard from last, or null before there is a fit. */
  get latest(): Pair | null {
    return this.#latest;
  }

  all(): Pair[] {
    return [...this.#pairs.values()];
  }

  get steps(): number {
    let steps = this.#forgottenSteps;
    for (const pair of this.#pairs.values()) steps += pair.clock.steps;
    return steps;
  }

  /** Drop the pairs of a source whose number will be used again. */
  forget(source: number): void {
    for (const [key, pair] of this.#pairs) if (pair.host === source || pair.guest === source) this.#delete(key, pair);
  }

  #observe(columns: PathColumns, row: number): void {
    const pair = this.#pair(columns.hostSource[row] as number, columns.guestSource[row] as number);
    const at = row * STATION_COUNT;
    const { first } = columns;
    pair.clock.observe(
      first[at + TAP_TX] as number,
      first[at + VNIC_RX] as number,
      first[at + VNIC_TX] as number,
      first[at + TAP_RX] as number,
    );
    pair.fresh = true;
  }

  #stamp(columns: PathColumns, row: number): void {
    const fit = this.#pair(columns.hostSource[row] as number, columns.guestSource[row] as number).fit;
    const at = row * STATION_COUNT;
    const inNs = columns.first[at + VNIC_RX] as number;
    const outNs = columns.first[at + VNIC_TX] as number;
    const from = Number.isNaN(inNs) ? outNs : inNs;
    const to = Number.isNaN(outNs) ? inNs : outNs;
    if (fit === null || Number.isNaN(from)) {
      columns.guestOffset[row] = Number.NaN;
      columns.bound[row] = Number.NaN;
      return;
    }
    const leftHostNs = columns.first[at + TAP_TX] as number;
    const backOnHostNs = columns.first[at + TAP_RX] as number;
    const fitted = fit.offsetAt(from + (to - from) / 2);
    const offset = withinOwnCausality(fitted, leftHostNs, inNs, outNs, backOnHostNs);
    columns.guestOffset[row] = offset;
    columns.bound[row] = fit.boundOver(from, to);
    if (offset === fitted) return;
    // The fit does not hold here (a step came after this exchange): all that is proven is its own range.
    this.tightened++;
    columns.bound[row] = backOnHostNs - outNs - (leftHostNs - inNs);
  }

  #pair(host: number, guest: number): Pair {
    const key = host * 65_536 + guest;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    if (this.#pairs.size >= MAX_PAIRS) {
      const [oldest, pair] = this.#pairs.entries().next().value as [number, Pair];
      this.#delete(oldest, pair);
    }
    const fresh: Pair = { host, guest, clock: new PairClock(), fit: null, fresh: false };
    this.#pairs.set(key, fresh);
    return fresh;
  }

  #delete(key: number, pair: Pair): void {
    this.#forgottenSteps += pair.clock.steps;
    if (this.#latest === pair) this.#latest = null;
    this.#pairs.delete(key);
  }
}
