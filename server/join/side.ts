import { VANTAGE } from '../wire/record.ts';
import type { Vantage } from '../wire/stations.ts';
import type { JoinerOptions } from './joiner-options.ts';
import { PendingTable } from './pending.ts';
import { WaitingTimes } from './waiting-times.ts';

/**
 * Where every record went: of each vantage, records = joined + overflow +
 * unmatched + evicted + malformed + duplicate + continued + late + pending.
 */
export interface JoinCounts {
  host: number;
  guest: number;
  joined: number;
  /** Joined with all stations stamped. */
  complete: number;
  /** Pairs that found the row queue full: lost. */
  overflow: number;
  /** Pairs that wait because one vantage saw less of the response: both records are pending. */
  held: number;
  unmatchedHost: number;
  unmatchedGuest: number;
  evictedHost: number;
  evictedGuest: number;
  malformedHost: number;
  malformedGuest: number;
  duplicateHost: number;
  duplicateGuest: number;
  /** Replaced, while they waited, by a record that saw more of the same response. */
  continuedHost: number;
  continuedGuest: number;
  /** Saw more of a response whose path had been joined before. */
  lateHost: number;
  lateGuest: number;
  pendingHost: number;
  pendingGuest: number;
  /** Sums over both vantages. */
  evicted: number;
  malformed: number;
  duplicate: number;
  continued: number;
  late: number;
}

/** One vantage: its waiting records and what became of the others. */
export class Side {
  readonly code: number;
  readonly #waiting: WaitingTimes;
  readonly #shortestS: number;
  readonly #longestS: number;
  /** Records with numbers up to these have waited so long that their stamps may end it, or that it ends anyway. */
  #waitedEnough = Number.POSITIVE_INFINITY;
  #waitedTooLong = 0;
  readonly pending: PendingTable;
  records = 0;
  unmatched = 0;
  evicted = 0;
  malformed = 0;
  duplicate = 0;
  continued = 0;
  late = 0;

  constructor(vantage: Vantage, capacity: number, { shortestWaitS = 10, longestWaitS = 30 }: JoinerOptions) {
    this.code = VANTAGE[vantage];
    this.pending = new PendingTable(capacity);
    this.#shortestS = shortestWaitS;
    this.#longestS = longestWaitS;
    this.#waiting = new WaitingTimes(longestWaitS);
  }

  lookAtWaits(nowMs: number): void {
    this.#waiting.step(nowMs, this.records);
    this.#waitedEnough = this.#waiting.since(this.#shortestS);
    this.#waitedTooLong = this.#waiting.since(this.#longestS);
  }

  /** The record of `source` that came first, where it is older than `beforeNs` (any, if that is infinite) or waited too long; else -1. */
  overdue(source: number, beforeNs: number): number {
    const enough = beforeNs === Number.POSITIVE_INFINITY ? beforeNs : this.#waitedEnough;
    return this.pending.oldestBefore(source, beforeNs, enough, this.#waitedTooLong);
  }
}

/** The counts of both vantages, by name. */
export function countsOf(
  host: Side,
  guest: Side,
  rows: Pick<JoinCounts, 'joined' | 'complete' | 'overflow' | 'held'>,
): JoinCounts {
  return {
    ...rows,
    host: host.records,
    guest: guest.records,
    unmatchedHost: host.unmatched,
    unmatchedGuest: guest.unmatched,
    evictedHost: host.evicted,
    evictedGuest: guest.evicted,
    malformedHost: host.malformed,
    malformedGuest: guest.malformed,
    duplicateHost: host.duplicate,
    duplicateGuest: guest.duplicate,
    continuedHost: host.continued,
    continuedGuest: guest.continued,
    lateHost: host.late,
    lateGuest: guest.late,
    pendingHost: host.pending.count,
    pendingGuest: guest.pending.count,
    evicted: host.evicted + guest.evicted,
    malformed: host.malformed + guest.malformed,
    duplicate: host.duplicate + guest.duplicate,
    continued: host.continued + guest.continued,
    late: host.late + guest.late,
  };
}
