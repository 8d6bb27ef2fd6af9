/** Tells everybody who wants to know which alerts fire, and which do no more. */
import type { AlertState } from '../slo/alerts.ts';
import { lastMinutes, type Objective } from '../slo/objective.ts';
import type { UnitLine } from '../slo/unit-line.ts';
import type { NotifyView } from '../wire/slo-views.ts';
import { AlertmanagerLink } from './alertmanager.ts';
import type { NotifyAround } from './attempts.ts';
import type { Link } from './link.ts';
import { keyOf, type Notice } from './notice.ts';
import type { Receiver } from './receiver.ts';
import { Webhook } from './webhook.ts';

/** An alert that ended no longer ago than this, while nobody was there to tell of it, is told of at the start. */
const MISSED_MS = 15 * 60_000;

/** An objective in force. */
export interface Told {
  readonly objective: Objective;
  readonly lines: { readonly units: UnitLine };
  readonly alerts: readonly AlertState[];
}

/** The last notices have so long at the end of the server. */
const CLOSE_MS = 500;

export interface NotifierOptions extends Omit<NotifyAround, 'closing'> {
  receivers: readonly Receiver[];
  /** Address of this server for people; null where it has none. */
  url: () => string | null;
}

export class Notifier {
  readonly #links: readonly Link[];
  readonly #around: Omit<NotifyAround, 'closing'>;
  readonly #closing = new AbortController();
  #firing: ReadonlyMap<string, Notice> | null = null;

  constructor({ receivers, url, ...rest }: NotifierOptions) {
    this.#around = rest;
    const around = { ...rest, closing: this.#closing.signal };
    this.#links = receivers.map((receiver) =>
      receiver.kind === 'webhook' ? new Webhook(receiver, around, url) : new AlertmanagerLink(receiver, around, url),
    );
  }

  /**
   * To be called every second, after the objectives were judged. Without a memory of its own from before a
   * restart it tells again what fires: receivers know it by its key.
   * @returns when what is due has been tried
   */
  async tick(told: readonly Told[]): Promise<void> {
    if (this.#links.length === 0) return;
    const nowMs = this.#around.now();
    const firing = firingNow(told, nowMs);
    const before = this.#firing ?? missed(told, firing, nowMs);
    for (const [key, notice] of firing) if (!before.has(key)) this.#tell(notice);
    for (const [key, notice] of before) if (!firing.has(key)) this.#tell(ended(notice, told, nowMs));
    this.#firing = firing;
    await this.#send();
  }

  async #send(): Promise<void> {
    const firing = [...(this.#firing?.values() ?? [])];
    await Promise.all(this.#links.map((link) => link.tick(firing)));
  }

  #tell(notice: Notice): void {
    for (const link of this.#links) link.tell(notice);
  }

  /** Try once more, not for long, and say what is lost. */
  async close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    await Promise.race([this.#send(), late]);
    clearTimeout(timer);
    this.#closing.abort();
    const lost = this.views().reduce((sum, { waiting }) => sum + waiting, 0);
    if (lost > 0) this.#around.log.warn({ lost }, 'notices were not delivered: the next server tells what still fires');
  }

  /** For which there was no room, of all receivers. */
  get dropped(): number {
    return this.views().reduce((sum, one) => sum + one.dropped, 0);
  }

  /** Attempts of all receivers; empty where there is none. */
  get counters(): Record<string, number> {
    const views = this.views();
    const sum = (of: 'delivered' | 'failed' | 'refused') => views.reduce((all, one) => all + one[of], 0);
    if (views.length === 0) return {};
    return { 'notify.delivered': sum('delivered'), 'notify.failed': sum('failed'), 'notify.refused': sum('refused') };
  }

  views(): NotifyView[] {
    return this.#links.map((link) => link.view());
  }
}

/** Two rules of one name are one alert, which fires while one of them does. */
function firingNow(told: readonly Told[], nowMs: number): Map<string, Notice> {
  const firing = told.flatMap((one) =>
    one.alerts
      .filter(({ state }) => state === 'firing')
      .map((alert) => noticeOf(one, alert, nowMs, { startsMs: alert.sinceMs!, endsMs: null })),
  );
  return new Map(firing.map((notice) => [keyOf(notice), notice]));
}

/** As if those had fired until now that ended while no server was there to say so. */
function missed(told: readonly Told[], firing: ReadonlyMap<string, Notice>, nowMs: number): Map<string, Notice> {
  const recent = told.flatMap((one) =>
    one.alerts.flatMap((alert) => {
      const { lastFired } = alert;
      if (lastFired === null || nowMs - lastFired.toMs > MISSED_MS) return [];
      return [noticeOf(one, alert, nowMs, { startsMs: lastFired.fromMs, endsMs: null })];
    }),
  );
  return new Map(recent.map((notice) => [keyOf(notice), notice] as const).filter(([key]) => !firing.has(key)));
}

function noticeOf(
  { objective, lines: { units } }: Told,
  { rule }: AlertState,
  nowMs: number,
  times: Pick<Notice, 'startsMs' | 'endsMs'>,
): Notice {
  const spent = (minutes: number) => units.spent(lastMinutes(minutes, nowMs));
  const short = rule.shortMinutes === null ? null : spent(rule.shortMinutes);
  return { objective, rule, ...times, long: spent(rule.longMinutes), short };
}

/** The end of what fired until now; of an objective that is gone too. */
function ended(notice: Notice, told: readonly Told[], nowMs: number): Notice {
  const one = told.find(({ objective }) => objective.id === notice.objective.id);
  const alert = one?.alerts.find(({ rule }) => rule.name === notice.rule.name);
  const times = { startsMs: notice.startsMs, endsMs: alert?.lastFired?.toMs ?? nowMs };
  return one !== undefined && alert !== undefined ? noticeOf(one, alert, nowMs, times) : { ...notice, ...times };
}
