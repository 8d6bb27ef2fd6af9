import { VANTAGE } from '../wire/record.ts';
import type { Vantage } from '../wire/stations.ts';
import { LongestWait } from './longest-wait.ts';
import { PendingTable } from './pending.ts';

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
  readonly pending: PendingTable;
  readonly longestWait: LongestWait;
  /** Records with numbers up to this one have waited too long. */
  waitedTo = 0;
  records = 0;
  unmatched = 0;
  evicted = 0;
  malformed = 0;
  duplicate = 0;
  continued = 0;
  late = 0;

  constructor(vantage: Vantage, capacity: number, longestWaitS: number) {
    this.code = VANTAGE[vantage];
    this.pending = new PendingTable(capacity);
    this.longestWait = new LongestWait(longestWaitS);
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
