/** A receiver of single notices as JSON: each is sent until it is taken or refused, in order, one at a time. */
import type { NotifyView } from '../wire/slo-views.ts';
import { Attempts, type NotifyAround } from './attempts.ts';
import { type Notice, webhookBody } from './notice.ts';
import { post } from './post.ts';
import type { Receiver } from './receiver.ts';

/** More than all alerts of a full file of objectives. */
export const MOST_WAITING = 1_000;

export interface Link {
  /** Something began or ended. */
  tell(notice: Notice): void;
  /** To be called every second. @param firing all that does @returns when what is due has been tried */
  tick(firing: readonly Notice[]): Promise<void>;
  view(): NotifyView;
}

export class Webhook implements Link {
  readonly #receiver: Receiver;
  readonly #attempts: Attempts;
  readonly #url: () => string | null;
  readonly #waiting: Notice[] = [];
  #dropped = 0;
  #sending: Promise<void> | null = null;

  constructor(receiver: Receiver, around: NotifyAround, url: () => string | null) {
    this.#receiver = receiver;
    this.#attempts = new Attempts(receiver, around);
    this.#url = url;
  }

  /** Where too many wait, the oldest is dropped: the newest says how things are. */
  tell(notice: Notice): void {
    this.#waiting.push(notice);
    if (this.#waiting.length <= MOST_WAITING) return;
    this.#waiting.shift();
    this.#dropped++;
  }

  tick(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0 && this.#attempts.isDue) {
      const notice = this.#waiting[0]!;
      const posted = await post(this.#receiver, webhookBody(notice, this.#url()), this.#attempts.signal);
      this.#attempts.note(posted);
      // It may have been dropped while it was on its way.
      if (posted.outcome !== 'again' && this.#waiting[0] === notice) this.#waiting.shift();
    }
  }

  view(): NotifyView {
    return { ...this.#attempts.view(), waiting: this.#waiting.length, dropped: this.#dropped };
  }
}
