/** A receiver of single notices as JSON: each is sent until it is taken or refused, in order, one at a time. */
import type { NotifyView } from '../wire/slo-views.ts';
import { Attempts, type NotifyAround } from './attempts.ts';
import { type Link, MOST_WAITING } from './link.ts';
import { type Notice, webhookBody } from './notice.ts';
import { post } from './post.ts';
import type { Receiver } from './receiver.ts';

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

  /** Where too many wait, the oldest that is not on its way is dropped: the newest says how things are. */
  tell(notice: Notice): void {
    this.#waiting.push(notice);
    if (this.#waiting.length <= MOST_WAITING) return;
    this.#waiting.splice(this.#sending === null ? 0 : 1, 1);
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
      const body = webhookBody(this.#waiting[0]!, this.#url());
      const posted = await post(this.#receiver, body, this.#attempts.signal);
      this.#attempts.note(posted);
      if (posted.outcome !== 'again') this.#waiting.shift();
    }
  }

  view(): NotifyView {
    return { ...this.#attempts.view(), waiting: this.#waiting.length, dropped: this.#dropped };
  }
}
