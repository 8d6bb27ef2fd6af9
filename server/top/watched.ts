/** What a person at a terminal needs of the live stream: the newest state, and the last seconds of each VM. */
import type { LiveMessage } from '../wire/live-views.ts';
import type { Health, LayerRow, RunInfo, SecondRow } from '../wire/views.ts';

/** As far back as a line of a terminal shows. */
export const SECONDS_KEPT = 60;

export interface Now {
  nowMs: number;
  run: RunInfo;
  /** The last ten seconds, a row per VM. */
  recent: LayerRow[];
  health: Health;
}

export class Watched {
  /** Null before the first message. */
  now: Now | null = null;
  #seconds = new Map<string, SecondRow>();

  apply(message: LiveMessage): void {
    // A snapshot replaces everything: the stream begins anew, maybe with another run.
    if (message.type === 'snapshot') this.#seconds.clear();
    const { nowMs, run, recent, health, seconds } = message;
    this.now = { nowMs, run, recent, health };
    for (const row of seconds) this.#seconds.set(`${row.t} ${row.vm}`, row);
    const oldest = Math.floor(nowMs / 1000) - SECONDS_KEPT;
    for (const [key, { t }] of this.#seconds) if (t < oldest) this.#seconds.delete(key);
  }

  /** The last whole seconds of a VM, oldest first; null where nothing was measured. */
  seconds(vm: string, count: number): (SecondRow | null)[] {
    // The joiner drains five times a second: the newest second is not over before that.
    const end = Math.floor(((this.now?.nowMs ?? 0) - 500) / 1000);
    return Array.from({ length: count }, (_, i) => this.#seconds.get(`${end - count + i} ${vm}`) ?? null);
  }
}
