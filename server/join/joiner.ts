import type { Vantage } from '../wire/stations.ts';
import type { PathColumns } from './paths.ts';

/** One agent's clock domain (boot id), as the joiner needs it. */
export interface RecordSource {
  /** Small, unique and stable per clock domain, below 65,536; written to hostSource/guestSource. */
  readonly index: number;
  readonly vantage: Vantage;
  /** Subtracted from every stamp of this source (its CLOCK_MONOTONIC at hello). */
  readonly base: bigint;
  /** Wall clock, ms since the epoch, at `base`. */
  readonly wallOffsetMs: number;
}
export interface JoinerOptions {
  /** Pending records per vantage. */
  capacity?: number;
  expireNs?: number;
  /** Joined rows waiting for drain. */
  queue?: number;
  /** Index into the VM table; called once per joined row. */
  vmOf?: (hostSource: number, hostIfindex: number, guestSource: number) => number;
}
/** host = joined + overflow + unmatchedHost + evictedHost + malformedHost + duplicateHost + pendingHost; guest alike. */
export interface JoinCounts {
  host: number;
  guest: number;
  joined: number;
  /** Joined with all stations stamped. */
  complete: number;
  /** Joined while the queue was full: lost. */
  overflow: number;
  unmatchedHost: number;
  unmatchedGuest: number;
  evictedHost: number;
  evictedGuest: number;
  malformedHost: number;
  malformedGuest: number;
  duplicateHost: number;
  duplicateGuest: number;
  pendingHost: number;
  pendingGuest: number;
  /** Sums of both vantages. */
  evicted: number;
  malformed: number;
  duplicate: number;
}
export class Joiner {
  constructor(_options: JoinerOptions = {}) {}
  /** Take records in, match them. */
  add(_records: Uint8Array, _source: RecordSource): void {
    throw new Error('in work');
  }
  /** Append joined rows to `out` (raises out.count); returns how many. */
  drain(_out: PathColumns): number {
    throw new Error('in work');
  }
  /** Rows waiting for drain. */
  get ready(): number {
    throw new Error('in work');
  }
  /** Give up on records older than expireNs by their own source's newest record time; returns how many. */
  expire(): number {
    throw new Error('in work');
  }
  /** Give up on everything pending (of one source): it counts as unmatched. */
  flush(_sourceIndex?: number): number {
    throw new Error('in work');
  }
  get counts(): JoinCounts {
    throw new Error('in work');
  }
}
