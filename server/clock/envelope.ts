/**
 * What the observed limits say about the offset at one moment without any
 * assumption on its course but the largest rate: a limit seen at x holds at
 * x ± d too, wider by maxSlope·d. So it stays true while a clock is slewed.
 */
import type { Points } from './hull.ts';

export class Envelope {
  readonly #lower: Cones;
  readonly #upper: Cones;

  /** Both sides by x; none of them empty. `maxSlope` in ns per ns. */
  constructor(lower: Points, upper: Points, maxSlope: number) {
    this.#lower = new Cones(lower, 1, maxSlope);
    this.#upper = new Cones(upper, -1, maxSlope);
  }

  /** Whether there is any course at all that keeps to the limits and to the largest rate; without one, a clock jumped. */
  get isContinuous(): boolean {
    for (const x of this.#lower.xs()) if (this.lowestAt(x) > this.highestAt(x) + 1) return false;
    return true;
  }

  /** The offset at x is at least this. */
  lowestAt(x: number): number {
    return this.#lower.at(x);
  }

  /** The offset at x is at most this. */
  highestAt(x: number): number {
    return -this.#upper.at(x);
  }
}

/** The highest, at any x, of the cones that fall to both sides of side·y. */
class Cones {
  readonly #x: Float64Array;
  readonly #count: number;
  readonly #slope: number;
  /** Highest side·y + slope·x of the points up to this one, and side·y − slope·x of those from this one on. */
  readonly #before: Float64Array;
  readonly #behind: Float64Array;
  #cursor = 0;

  constructor(p: Points, side: 1 | -1, slope: number) {
    this.#x = p.x.slice(0, p.count);
    this.#count = p.count;
    this.#slope = slope;
    this.#before = new Float64Array(p.count);
    this.#behind = new Float64Array(p.count);
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < p.count; i++) {
      highest = Math.max(highest, side * p.y[i]! + slope * p.x[i]!);
      this.#before[i] = highest;
    }
    highest = Number.NEGATIVE_INFINITY;
    for (let i = p.count - 1; i >= 0; i--) {
      highest = Math.max(highest, side * p.y[i]! - slope * p.x[i]!);
      this.#behind[i] = highest;
    }
  }

  xs(): Float64Array {
    return this.#x;
  }

  at(x: number): number {
    const i = this.#firstBehind(x);
    const before = i > 0 ? this.#before[i - 1]! - this.#slope * x : Number.NEGATIVE_INFINITY;
    const behind = i < this.#count ? this.#behind[i]! + this.#slope * x : Number.NEGATIVE_INFINITY;
    return Math.max(before, behind);
  }

  /** Looked for from where the last one was: paths are asked about nearly in order. */
  #firstBehind(x: number): number {
    let i = this.#cursor;
    while (i < this.#count && this.#x[i]! <= x) i++;
    while (i > 0 && this.#x[i - 1]! > x) i--;
    this.#cursor = i;
    return i;
  }
}
