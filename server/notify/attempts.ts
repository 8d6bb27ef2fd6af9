/** How the attempts at one receiver go: when the next one is due, and what is said and shown of them. */
import type { NotifyView } from '../wire/slo-views.ts';
import type { Posted } from './post.ts';
import type { Receiver } from './receiver.ts';

const FIRST_AGAIN_MS = 1_000;
export const LONGEST_AGAIN_MS = 60_000;
const TIMEOUT_MS = 10_000;

export interface NotifyAround {
  /** Wall clock, ms. */
  now: () => number;
  log: { info(about: object, message: string): void; warn(about: object, message: string): void };
  /** In [0, 1). */
  random: () => number;
  /** An attempt without an answer ends after so long. */
  timeoutMs?: number;
  /** Ends all attempts. */
  closing: AbortSignal;
}

export class Attempts {
  readonly #receiver: Receiver;
  readonly #around: NotifyAround;
  #dueMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #delivered = 0;
  #failed = 0;
  #refused = 0;
  #lastDeliveredMs: number | null = null;
  #fault: string | null = null;
  #failingSinceMs: number | null = null;

  constructor(receiver: Receiver, around: NotifyAround) {
    this.#receiver = receiver;
    this.#around = around;
  }

  get signal(): AbortSignal {
    const { timeoutMs = TIMEOUT_MS, closing } = this.#around;
    return AbortSignal.any([AbortSignal.timeout(timeoutMs), closing]);
  }

  /** Whether the next attempt may be made. */
  get isDue(): boolean {
    const inMs = this.#dueMs - this.#around.now();
    // Further off than it ever is: the clock was set back meanwhile.
    return inMs <= 0 || inMs > LONGEST_AGAIN_MS;
  }

  /** What came of an attempt that has just ended. */
  note(posted: Posted): void {
    if (this.#around.closing.aborted) return;
    const nowMs = this.#around.now();
    if (posted.outcome === 'delivered') this.#deliveredAt(nowMs);
    else this.#failedAt(posted, nowMs);
  }

  #deliveredAt(nowMs: number): void {
    if (this.#failingSinceMs !== null) this.#around.log.info({ to: this.#receiver.name }, 'alerts are delivered again');
    this.#delivered++;
    this.#lastDeliveredMs = nowMs;
    [this.#failures, this.#fault, this.#failingSinceMs, this.#dueMs] = [0, null, null, Number.NEGATIVE_INFINITY];
  }

  #failedAt({ outcome, why }: { outcome: 'again' | 'refused'; why: string }, nowMs: number): void {
    if (outcome === 'refused') this.#refused++;
    else {
      this.#failed++;
      // Somewhere in the second half of it: not all senders at once.
      const limit = Math.min(LONGEST_AGAIN_MS, FIRST_AGAIN_MS * 2 ** this.#failures++);
      this.#dueMs = nowMs + (limit / 2) * (1 + this.#around.random());
    }
    this.#failingSinceMs ??= nowMs;
    if (why === this.#fault) return;
    this.#fault = why;
    const { kind, name } = this.#receiver;
    const next = outcome === 'again' ? 'it is tried again' : 'what it refuses is not sent again: check the address';
    this.#around.log.warn({ to: name, why }, `an alert was not delivered to the ${kind}: ${next}`);
  }

  view(): Omit<NotifyView, 'waiting' | 'dropped'> {
    return {
      ...{ kind: this.#receiver.kind, to: this.#receiver.name },
      ...{ delivered: this.#delivered, failed: this.#failed, refused: this.#refused },
      ...{ lastDeliveredMs: this.#lastDeliveredMs, fault: this.#fault, failingSinceMs: this.#failingSinceMs },
    };
  }
}
