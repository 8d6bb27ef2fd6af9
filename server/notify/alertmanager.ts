/**
 * An Alertmanager is told how things are, not what happened: all that fires
 * again and again, as Prometheus does, and for a while what does no more. It
 * sees by the labels what it knows already, also from a server before this one.
 */
import type { NotifyView } from '../wire/slo-views.ts';
import { Attempts, type NotifyAround } from './attempts.ts';
import { type Link, MOST_WAITING } from './link.ts';
import { alertmanagerAlert, keyOf, type Notice } from './notice.ts';
import { post } from './post.ts';
import type { Receiver } from './receiver.ts';

/** All three as Prometheus has them (rules/manager.go, resendDelay and resolvedRetention): so it is what people expect. */
export const RESEND_MS = 60_000;
/** A server that is gone does not keep an alert alive for longer. */
export const ENDS_AFTER_MS = 4 * RESEND_MS;
const RESOLVED_FOR_MS = 15 * 60_000;

export class AlertmanagerLink implements Link {
  readonly #receiver: Receiver;
  readonly #attempts: Attempts;
  readonly #url: () => string | null;
  readonly #now: () => number;
  /** By key; those that end are kept until they have been told for a while. */
  readonly #ended = new Map<string, { notice: Notice; isTold: boolean }>();
  #isChanged = false;
  #sentMs = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #sending: Promise<void> | null = null;

  constructor(receiver: Receiver, around: NotifyAround, url: () => string | null) {
    this.#receiver = receiver;
    this.#attempts = new Attempts(receiver, around);
    this.#url = url;
    this.#now = around.now;
  }

  tell(notice: Notice): void {
    this.#isChanged = true;
    const key = keyOf(notice);
    this.#ended.delete(key);
    if (notice.endsMs === null) return;
    this.#ended.set(key, { notice, isTold: false });
    if (this.#ended.size <= MOST_WAITING) return;
    this.#ended.delete(this.#ended.keys().next().value!);
    this.#dropped++;
  }

  tick(firing: readonly Notice[]): Promise<void> {
    this.#sending ??= this.#send(firing).finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send(firing: readonly Notice[]): Promise<void> {
    const nowMs = this.#now();
    this.#forget(nowMs);
    const isResent = nowMs - this.#sentMs >= RESEND_MS || nowMs < this.#sentMs;
    if (!(this.#isChanged || isResent) || !this.#attempts.isDue) return;
    const ended = [...this.#ended.values()];
    const notices = [...firing, ...ended.map(({ notice }) => notice)];
    this.#isChanged = false;
    this.#sentMs = nowMs;
    if (notices.length === 0) return;
    const alerts = notices.map((notice) => alertmanagerAlert(notice, nowMs + ENDS_AFTER_MS, this.#url()));
    const posted = await post(this.#receiver, JSON.stringify(alerts), this.#attempts.signal);
    this.#attempts.note(posted);
    if (posted.outcome === 'again') this.#isChanged = true;
    else for (const one of ended) one.isTold = true;
  }

  #forget(nowMs: number): void {
    for (const [key, { notice, isTold }] of this.#ended) {
      if (isTold && nowMs - notice.endsMs! > RESOLVED_FOR_MS) this.#ended.delete(key);
    }
  }

  view(): NotifyView {
    const untold = [...this.#ended.values()].filter(({ isTold }) => !isTold).length;
    return { ...this.#attempts.view(), waiting: untold, dropped: this.#dropped };
  }
}
