/** The minutes of one series in a row, with running sums: any stretch of it is one subtraction. */
import { type Counts, noCounts, TALLIES } from './indicator.ts';

const ROOM = 1024;

export class CountLine {
  /** How many tallies are kept, from the first one on. */
  readonly #width: number;
  /** Rising; minutes without a count are left out. */
  #minutes = new Float64Array(ROOM);
  /** Row by row, #width each: of the minute. */
  #values: Float64Array<ArrayBuffer>;
  /** And of all minutes before it; there is none before a sum was asked for. */
  #before = new Float64Array(0);
  #count = 0;
  /** Rows from here on have no running sum yet. */
  #summed = 0;

  /** @param width readings of machines need two, and months of them are kept */
  constructor(width: number = TALLIES.length) {
    this.#width = width;
    this.#values = new Float64Array(ROOM * width);
  }

  get first(): number | null {
    return this.#count === 0 ? null : this.#minutes[0]!;
  }

  /** The newest minute with a count. */
  get last(): number | null {
    return this.#count === 0 ? null : this.#minutes[this.#count - 1]!;
  }

  /** How many minutes have a count. */
  get length(): number {
    return this.#count;
  }

  /** Late minutes may come at any time, and so may what takes something back. */
  add(minute: number, counts: Counts): void {
    const row = this.#rowOf(minute);
    for (let i = 0; i < this.#width; i++) this.#values[row * this.#width + i]! += counts[i]!;
    this.#summed = Math.min(this.#summed, row + 1);
  }

  /** Replace what a minute has. */
  set(minute: number, counts: Counts): void {
    const row = this.#rowOf(minute);
    this.#values.set(counts.subarray(0, this.#width), row * this.#width);
    this.#summed = Math.min(this.#summed, row + 1);
  }

  /** Of one minute; zeros where it has none. */
  at(minute: number): Counts {
    const row = this.#find(minute);
    if (row === this.#count || this.#minutes[row] !== minute) return noCounts();
    return this.#values.slice(row * this.#width, (row + 1) * this.#width);
  }

  /** Of the minutes [from, to). */
  sum(from: number, to: number): Counts {
    this.#sumUp();
    const [low, high] = [this.#find(from), this.#find(to)];
    const sum = noCounts();
    if (high <= low) return sum;
    const last = (high - 1) * this.#width;
    for (let i = 0; i < this.#width; i++) {
      sum[i] = this.#before[last + i]! + this.#values[last + i]! - this.#before[low * this.#width + i]!;
    }
    return sum;
  }

  /** The minutes [from, to) that have a count, oldest first. */
  *minutes(from: number, to: number): Generator<{ minute: number; counts: Counts }> {
    for (let row = this.#find(from); row < this.#count && this.#minutes[row]! < to; row++) {
      yield { minute: this.#minutes[row]!, counts: this.#values.slice(row * this.#width, (row + 1) * this.#width) };
    }
  }

  /** How many of the minutes [from, to) have a count. */
  known(from: number, to: number): number {
    return Math.max(0, this.#find(to) - this.#find(from));
  }

  /** What is before a minute is not needed any more. */
  forget(before: number): void {
    const row = this.#find(before);
    if (row === 0) return;
    this.#minutes.copyWithin(0, row, this.#count);
    this.#values.copyWithin(0, row * this.#width, this.#count * this.#width);
    this.#count -= row;
    this.#summed = 0;
  }

  /** Index of the first minute that is not before this one. */
  #find(minute: number): number {
    if (this.#count > 0 && minute > this.#minutes[this.#count - 1]!) return this.#count;
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#minutes[middle]! < minute) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rowOf(minute: number): number {
    const row = this.#find(minute);
    if (row < this.#count && this.#minutes[row] === minute) return row;
    if (this.#count === this.#minutes.length) this.#grow();
    this.#minutes.copyWithin(row + 1, row, this.#count);
    this.#values.copyWithin((row + 1) * this.#width, row * this.#width, this.#count * this.#width);
    this.#minutes[row] = minute;
    this.#values.fill(0, row * this.#width, (row + 1) * this.#width);
    this.#count++;
    this.#summed = Math.min(this.#summed, row);
    return row;
  }

  #grow(): void {
    const larger = (old: Float64Array<ArrayBuffer>) => {
      const grown = new Float64Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.#minutes = larger(this.#minutes);
    this.#values = larger(this.#values);
  }

  #sumUp(): void {
    if (this.#before.length < this.#values.length) {
      this.#before = new Float64Array(this.#values.length);
      this.#summed = 0;
    }
    for (let row = Math.max(1, this.#summed); row < this.#count; row++) {
      const [at, last] = [row * this.#width, (row - 1) * this.#width];
      for (let i = 0; i < this.#width; i++) this.#before[at + i] = this.#before[last + i]! + this.#values[last + i]!;
    }
    this.#before.fill(0, 0, this.#width);
    this.#summed = this.#count;
  }
}
