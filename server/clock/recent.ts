import { type Points, points, reduceToHull } from './hull.ts';
import type { Crossing } from './step-gaps.ts';

/**
 * The last exchanges in the order they came, which is the one thing a clock
 * that was set back does not turn round: of them a step leaves the newest.
 */
export class RecentExchanges {
  readonly #capacity: number;
  /** Per exchange: guestIn, its lower limit, guestOut, its upper limit. */
  readonly #ring: Float64Array;
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = new Float64Array(capacity * 4);
  }

  get count(): number {
    return this.#count;
  }

  add(inX: number, lowest: number, outX: number, highest: number): void {
    const at = this.#next * 4;
    this.#ring[at] = inX;
    this.#ring[at + 1] = lowest;
    this.#ring[at + 2] = outX;
    this.#ring[at + 3] = highest;
    this.#next = (this.#next + 1) % this.#capacity;
    this.#count = Math.min(this.#count + 1, this.#capacity);
  }

  /** Forget all but the newest. */
  keepNewest(count: number): void {
    this.#count = Math.min(count, this.#count);
  }

  /** The newest, oldest of them first: each as (guestIn, lowest, guestOut, highest), NaN where it has no such limit. */
  visit(newest: number, take: (inX: number, lowest: number, outX: number, highest: number) => void): void {
    for (let age = Math.min(newest, this.#count); age > 0; age--) {
      const at = ((this.#next - age + this.#capacity) % this.#capacity) * 4;
      const [inX, lowest, outX, highest] = this.#ring.subarray(at, at + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      take(inX, lowest, outX, highest);
    }
  }

  /** All of them, as stamps; limits and guest times are relative to (x, y). */
  *crossings(x: number, y: number): Generator<Crossing> {
    for (let age = this.#count; age > 0; age--) {
      const at = ((this.#next - age + this.#capacity) % this.#capacity) * 4;
      const guestInNs = this.#ring[at]! + x;
      const guestOutNs = this.#ring[at + 2]! + x;
      const hostOutNs = guestInNs + this.#ring[at + 1]! + y;
      yield { hostOutNs, guestInNs, guestOutNs, hostInNs: guestOutNs + this.#ring[at + 3]! + y };
    }
  }

  hulls(newest: number): { lower: Points; upper: Points } {
    const lower = points(Math.min(newest, this.#count));
    const upper = points(lower.x.length);
    this.visit(newest, (inX, lowest, outX, highest) => {
      push(lower, inX, lowest);
      push(upper, outX, highest);
    });
    reduceToHull(lower, 1);
    reduceToHull(upper, -1);
    return { lower, upper };
  }
}

function push(p: Points, x: number, y: number): void {
  if (Number.isNaN(y)) return;
  p.x[p.count] = x;
  p.y[p.count] = y;
  p.count++;
}
