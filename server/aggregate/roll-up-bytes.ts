/**
 * A roll-up as bytes, format 1. All numbers are unsigned LEB128, up to 2^53:
 *
 *     1                          the format
 *     one number per COUNTERS
 *     for each series that measured something, by rising index:
 *       index + 1, zeros, sum in ns, offset (zigzag) of the first bucket, number of buckets
 *       then the buckets' counts; a 0 is followed by how many empty buckets there are in a row
 *     0                          the end
 *
 * Bucket i holds (2^(i/32), 2^((i+1)/32)] ns. COUNTERS and series may grow at their end under a new format only.
 */
import type { BucketCounts } from './bucket-counts.ts';
import { COUNTERS, type RollUp } from './roll-up.ts';

const FORMAT = 1;
/** All that doubles can have, either way of 1 ns. */
const MOST_BUCKETS = 2 ** 16;

export function rollUpBytes(rollUp: RollUp): Uint8Array {
  const bytes: number[] = [FORMAT];
  for (const value of rollUp.counters) put(bytes, value);
  rollUp.series.forEach((counts, index) => {
    if (counts === undefined || counts.count === 0) return;
    put(bytes, index + 1);
    putCounts(bytes, counts);
  });
  bytes.push(0);
  return Uint8Array.from(bytes);
}

function putCounts(bytes: number[], histogram: BucketCounts): void {
  const { offset, counts } = histogram.used();
  put(bytes, histogram.zero);
  put(bytes, histogram.sum);
  put(bytes, offset < 0 ? -2 * offset - 1 : 2 * offset);
  put(bytes, counts.length);
  for (let at = 0; at < counts.length; ) {
    const value = counts[at] as number;
    put(bytes, value);
    const from = at++;
    if (value > 0) continue;
    while (counts[at] === 0) at++;
    put(bytes, at - from);
  }
}

function put(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

/**
 * Add what the bytes say to a roll-up; `times` -1 takes it away.
 * @throws RangeError on another format, and on bytes that end too early
 */
export function addRollUpBytes(bytes: Uint8Array, to: RollUp, times: 1 | -1 = 1): void {
  const reader = addRollUpCounters(bytes, to, times);
  for (let index = reader.next(); index > 0; index = reader.next()) addCounts(reader, to.of(index - 1), times);
}

/** Only the counters, which come first. @returns what reads on behind them @throws like {@link addRollUpBytes} */
export function addRollUpCounters(bytes: Uint8Array, to: RollUp, times: 1 | -1 = 1): Reader {
  const reader = new Reader(bytes);
  const format = reader.next();
  if (format !== FORMAT) throw new RangeError(`a roll-up of format ${format}`);
  for (let i = 0; i < COUNTERS.length; i++) to.counters[i] = to.counters[i]! + times * reader.next();
  return reader;
}

function addCounts(reader: Reader, to: BucketCounts, times: number): void {
  to.addZero(times * reader.next());
  to.sum += times * reader.next();
  const zigzag = reader.next();
  const index = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  const buckets = reader.next();
  if (Math.abs(index) > MOST_BUCKETS || buckets > MOST_BUCKETS) throw new RangeError('no duration has such a bucket');
  if (buckets === 0) return;
  const at = to.cover(index, index + buckets - 1);
  to.count += reader.addBuckets(to.cells, at, at + buckets, times);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    let byte = this.#byte();
    if (byte < 128) return byte;
    let value = byte - 128;
    for (let unit = 128; byte >= 128; unit *= 128) {
      byte = this.#byte();
      value += (byte % 128) * unit;
    }
    return value;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the bytes of a roll-up end too early');
    return byte;
  }

  /**
   * Add buckets' counts to cells [from, to), so many times. Most of the time that a chart of a day takes is spent
   * here: counts of one byte, nearly all there are, have a loop of their own.
   * @returns what was added in all
   */
  addBuckets(cells: Float64Array, from: number, to: number, times: number): number {
    const bytes = this.#bytes;
    let sum = 0;
    for (let cell = from; cell < to; ) {
      let at = this.#at;
      for (let value = bytes[at]!; value > 0 && value < 128 && cell < to; value = bytes[++at]!) {
        cells[cell] = cells[cell]! + times * value;
        sum += value;
        cell++;
      }
      this.#at = at;
      if (cell === to) break;
      const value = this.next();
      if (value === 0) {
        cell += this.next();
        continue;
      }
      cells[cell] = cells[cell]! + times * value;
      sum += value;
      cell++;
    }
    return times * sum;
  }
}
