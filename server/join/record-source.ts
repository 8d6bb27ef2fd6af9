import type { Vantage } from '../wire/stations.ts';

/** One agent's clock domain (boot id), as the joiner needs it. */
export interface RecordSource {
  /** Small, unique and stable per clock domain, below 65,536; written to hostSource/guestSource. */
  readonly index: number;
  readonly vantage: Vantage;
  /** Subtracted from every stamp of this source (its CLOCK_MONOTONIC at its first hello); never changes before `flush`. */
  readonly base: bigint;
  /** Wall clock, ms since the epoch, at `base`. */
  readonly wallOffsetMs: number;
}
