import type { VmOf } from './row-queue.ts';

export interface JoinerOptions {
  /** Pending records per vantage, RECORD_BYTES each; default 65,536. */
  capacity?: number;
  /** Joined keys that are remembered; default as many as may be pending. */
  recent?: number;
  /** Age by record time at which a pending record is given up; default 10 s. */
  expireNs?: number;
  /**
   * Seconds of the clock that `expire` is given before which no record is given up, as its partner's agent may
   * be on its way back; default 10. And after which each is, whatever its stamps say; default 30.
   */
  shortestWaitS?: number;
  longestWaitS?: number;
  /** Joined rows that wait for `drain`; default 16,384. */
  queue?: number;
  /** Silence after which held pairs are joined as they are, ms of the clock that `expire` is given; default 2 s. */
  holdMs?: number;
  /** Late records that wait for `takeLate`; default 1,024. */
  lateQueue?: number;
  /** Index into the VM table; called once per row; default 0. */
  vmOf?: VmOf;
  /** Secret of the hash, 32 bits: without it a peer can choose colliding keys. */
  seed?: number;
}

export type JoinerWaits = Pick<JoinerOptions, 'expireNs' | 'shortestWaitS' | 'longestWaitS'>;
