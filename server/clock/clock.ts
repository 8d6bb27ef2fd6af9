export interface ClockFit {
  readonly method: 'causality';
  /** Whole ns to add to a guest time to get the host's. */
  offsetAt(guestNs: number): number;
  /** Proven ± of offsetAt within [fromNs, toNs]. */
  readonly boundNs: number;
  /** Proven ± when ONE offset, offsetAt(midpoint), is used for the whole stretch of guest time. */
  boundOver(fromGuestNs: number, toGuestNs: number): number;
  readonly ratePpm: number;
  /** offsetAt(toNs). */
  readonly offsetNs: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly points: number;
}
export interface ClockOptions {
  windowNs?: number;
  maxPpm?: number;
}
export class PairClock {
  steps = 0;
  constructor(_options: ClockOptions = {}) {}
  observe(_hostOutNs: number, _guestInNs: number, _guestOutNs: number, _hostInNs: number): void {
    throw new Error('in work');
  }
  fit(): ClockFit | null {
    throw new Error('in work');
  }
}
