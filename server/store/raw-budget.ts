/**
 * Which exchanges are kept one by one where not all can be: every error, every
 * slow one, and of the rest a uniform share, by a hash of the exchange's key,
 * so that it is the same exchanges whoever asks.
 */
import { BucketCounts } from '../aggregate/bucket-counts.ts';
import { isError } from '../aggregate/series-set.ts';
import { isComplete } from '../join/layers.ts';
import { KEY_BYTES, type PathColumns } from '../join/paths.ts';
import { CLASSES, FLAGS } from '../wire/record.ts';

export type Verdict = 'keptErrors' | 'keptSlow' | 'keptSample' | 'unkept';

/** Slow is above the p99 of so many seconds before. */
const SLOW_OF_S = 60;
/** Fewer requests than that have no p99. */
const FEWEST = 100;
/** Of the budget: for the rest, however many slow ones and errors there are. */
const REST_SHARE = 0.1;
/** That something arrives for; the one that was known first is forgotten first. */
const MOST_RUNS = 16;
const REQUEST = CLASSES.indexOf('request');

interface Second {
  /** Of the rest, 0..1. */
  readonly share: number;
  /** Above which a request is slow, ns; null where that is not known. */
  readonly slowNs: number | null;
  readonly times: BucketCounts;
  always: number;
  rest: number;
}

export class RawBudget {
  readonly #perSecond: number;
  /** By run, then wall second: the newest of each. */
  readonly #runs = new Map<string, Map<number, Second>>();

  /** @param perSecond exchanges of a run; errors and slow ones may be more */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  judge(run: string, columns: PathColumns, row: number): Verdict {
    const second = this.#second(run, Math.floor(columns.atMs[row]! / 1000));
    const ns = columns.endToEnd[row]!;
    const isRequest = columns.class[row] === REQUEST;
    if (isRequest && ns >= 0) second.times.record(ns);
    const always = alwaysKept(columns, row, isRequest && second.slowNs !== null && ns > second.slowNs);
    if (always === null) second.rest++;
    else second.always++;
    return always ?? (hashOf(columns, row) < second.share ? 'keptSample' : 'unkept');
  }

  /** What a late exchange belongs to may be forgotten: it is judged by the oldest second that is known. */
  #second(run: string, t: number): Second {
    const seconds = this.#secondsOf(run);
    const known = seconds.get(t);
    if (known !== undefined) return known;
    const kept = [...seconds.keys()];
    if (kept.length >= SLOW_OF_S && t < Math.min(...kept)) return seconds.get(Math.min(...kept))!;
    const fresh: Second = {
      share: this.#shareAfter(seconds, t),
      slowNs: slowNs(seconds),
      times: new BucketCounts(),
      always: 0,
      rest: 0,
    };
    seconds.set(t, fresh);
    if (kept.length >= SLOW_OF_S) seconds.delete(Math.min(...kept));
    return fresh;
  }

  /** As if the second were like the one before it; the first one of a run is kept whole. */
  #shareAfter(seconds: ReadonlyMap<number, Second>, t: number): number {
    const before = [...seconds.keys()].filter((each) => each < t);
    const last = before.length === 0 ? undefined : seconds.get(Math.max(...before));
    if (last === undefined) return 1;
    const room = Math.max(this.#perSecond - last.always, REST_SHARE * this.#perSecond);
    return Math.min(1, room / Math.max(1, last.rest));
  }

  #secondsOf(run: string): Map<number, Second> {
    let seconds = this.#runs.get(run);
    if (seconds !== undefined) return seconds;
    seconds = new Map();
    this.#runs.set(run, seconds);
    if (this.#runs.size > MOST_RUNS) this.#runs.delete(this.#runs.keys().next().value!);
    return seconds;
  }
}

function alwaysKept(columns: PathColumns, row: number, isSlow: boolean): 'keptErrors' | 'keptSlow' | null {
  const isFault = isError(columns, row) || (columns.flags[row]! & FLAGS.reset) !== 0 || !isComplete(columns, row);
  if (isFault) return 'keptErrors';
  return isSlow ? 'keptSlow' : null;
}

function slowNs(seconds: ReadonlyMap<number, Second>): number | null {
  const minute = new BucketCounts();
  for (const { times } of seconds.values()) minute.merge(times);
  return minute.count < FEWEST ? null : minute.quantile(0.99);
}

/** FNV-1a over addresses, ports and sequence number, its bits mixed as MurmurHash3 ends; 0 ≤ hash < 1. */
function hashOf({ keys, requestSeq }: PathColumns, row: number): number {
  let hash = 0x811c9dc5;
  for (let i = row * KEY_BYTES; i < (row + 1) * KEY_BYTES; i++) hash = Math.imul(hash ^ keys[i]!, 0x01000193);
  hash = Math.imul(hash ^ requestSeq[row]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
