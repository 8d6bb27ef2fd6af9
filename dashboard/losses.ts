/** When records were lost, as far as this page saw it. Pure: the server's time is given. */
import type { Health } from '../server/wire/views.ts';
import { RETAIN_S } from './series.ts';

/** A second of the server's clock in which losses were reported. */
export interface Loss {
  t: number;
  records: number;
}

/**
 * Records that were dropped before they reached a number, since the queues'
 * start. Updates that a slow page was spared (`live.*`) are none.
 */
export function lostRecords({ drops }: Pick<Health, 'drops'>): number {
  return Object.entries(drops).reduce((sum, [queue, n]) => (queue.startsWith('live.') ? sum : sum + n), 0);
}

/** The growth of a cumulative count, second by second; what is older than {@link RETAIN_S} is forgotten. */
export class LossLog {
  #known: number | null = null;
  #losses: readonly Loss[] = [];

  /** Seconds with losses, oldest first; a new array whenever one is added. */
  get losses(): readonly Loss[] {
    return this.#losses;
  }

  /** Takes the count as of `nowMs`. The first one is where counting begins; an agent's restart may set it back. */
  apply(nowMs: number, lost: number): void {
    const records = lost - (this.#known ?? lost);
    this.#known = lost;
    if (records <= 0) return;
    const t = Math.floor(nowMs / 1000);
    const last = this.#losses.at(-1);
    const kept = this.#losses.filter((loss) => loss.t > t - RETAIN_S && loss.t !== t);
    this.#losses = [...kept, { t, records: records + (last?.t === t ? last.records : 0) }];
  }

  clear(): void {
    this.#known = null;
    this.#losses = [];
  }
}

/** Records lost in the seconds from `fromS` on. */
export function lostSince(losses: readonly Loss[], fromS: number): number {
  return losses.reduce((sum, loss) => (loss.t >= fromS ? sum + loss.records : sum), 0);
}
