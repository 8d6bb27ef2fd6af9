/**
 * Is every request accounted for? The agent is stopped while up to ten times
 * as many requests come as its ring holds, and killed in the middle of a load;
 * what Nginx logged must be what arrived plus what is counted as lost.
 */

import { RECORD_BYTES } from '../../server/wire/record.ts';
import type { Summary } from '../../server/wire/views.ts';
import type { CostLab } from './cost-lab.ts';
import { closedLoop } from './cost-load.ts';
import type { Observers } from './cost-observers.ts';
import { snapshot } from './cost-snapshot.ts';

export interface LedgerRow {
  what: string;
  /** Lines of Nginx's access log. */
  generated: number;
  /** Exchanges of which the guest's record arrived. */
  delivered: number;
  /** By the guest's own drop counters. */
  dropped: number;
  /**
   * Exchanges that the host saw and no guest record stands for, beyond those drops: lost with a killed agent. A guest
   * record that came too late to be joined is unmatched on both sides, and not missed.
   */
  missed: number;
  /** Joined + unmatched on the host: is every request on the page, as a path or as a count? */
  shown: number;
}

const RING_KIB = 64;
const RING_RECORDS = Math.floor((RING_KIB * 1024) / (RECORD_BYTES + 8));
/** Longer than an agent takes from one report of its counters to the next, on a slow guest too. */
const STILL_MS = 5_000;
const SETTLE_LIMIT_MS = 120_000;
/** Drops of the guest's agent that lose no record. */
const OTHER_DROPS = ['guest.accesslog.away'];

interface Totals {
  generated: number;
  summary: Summary;
}

export class Ledger {
  readonly #lab: CostLab;
  readonly #observers: Observers;
  readonly #say: (line: string) => void;
  #last: Totals | undefined;
  readonly rows: LedgerRow[] = [];

  readonly #loads: readonly number[];

  /** @param loads how many times what the ring holds is asked for while the agent stands still */
  constructor(lab: CostLab, observers: Observers, loads: readonly number[], say: (line: string) => void) {
    this.#lab = lab;
    this.#observers = observers;
    this.#loads = loads;
    this.#say = say;
  }

  /** Hopscope must be off; it is off again afterwards. */
  async run(): Promise<void> {
    await this.#observers.startAgent(`--ring ${RING_KIB}`);
    this.#last = await this.#settled(0);
    for (const times of this.#loads) {
      const requests = times * RING_RECORDS;
      await this.#account(`${times} × what the ring holds`, requests, () => this.#overload(requests));
    }
    const killed = 2 * RING_RECORDS;
    await this.#account('agent killed and started again', 2 * killed, () => this.#killInTheMiddle(killed));
    await this.#observers.switchTo('nothing');
  }

  async #account(what: string, requests: number, work: () => Promise<void>): Promise<void> {
    const before = this.#last!;
    await work();
    this.#last = await this.#settled(before.summary.exchanges.host + requests);
    this.rows.push(rowOf(what, before, this.#last));
    this.#say(what);
  }

  /** While the agent stands still it takes nothing: the ring is all there is. */
  async #overload(requests: number): Promise<void> {
    const pid = this.#observers.pids.hopscope;
    await this.#lab.guest(`kill -STOP ${pid}`);
    try {
      await this.#load(requests);
    } finally {
      await this.#lab.guest(`kill -CONT ${pid}`);
    }
  }

  async #killInTheMiddle(requests: number): Promise<void> {
    const load = this.#load(requests);
    await this.#lab.guest(`kill -KILL ${this.#observers.pids.hopscope}`);
    await this.#observers.startAgent(`--ring ${RING_KIB}`);
    await load;
    await this.#load(requests);
  }

  #load(requests: number): Promise<unknown> {
    return closedLoop(this.#lab.clientNamespace, requests);
  }

  /** As many host records as there were requests, nothing waits any more, and no count moves. */
  async #settled(hostRecords: number): Promise<Totals> {
    let last = '';
    let sinceMs = performance.now();
    const summary = await this.#lab.run.until<Summary>(
      '/api/runs/current/summary',
      (now) => {
        const { exchanges, pending, drops, unmatched } = now;
        const state = JSON.stringify([exchanges, drops, unmatched]);
        if (state !== last) sinceMs = performance.now();
        last = state;
        const isStill = performance.now() - sinceMs > STILL_MS;
        return isStill && pending.host === 0 && pending.guest === 0 && exchanges.host >= hostRecords;
      },
      SETTLE_LIMIT_MS,
    );
    return { generated: (await snapshot(this.#lab, 0)).requests, summary };
  }
}

function rowOf(what: string, before: Totals, after: Totals): LedgerRow {
  const [a, b] = [before.summary, after.summary];
  const delivered = (s: Summary) => s.exchanges.guest - s.repeated.guest;
  const drops = (s: Summary) =>
    Object.entries(s.drops)
      .filter(([name]) => name.startsWith('guest.') && !OTHER_DROPS.includes(name))
      .reduce((total, [, value]) => total + value, 0);
  const dropped = drops(b) - drops(a);
  const unmatched = b.unmatched.host - a.unmatched.host;
  return {
    what,
    generated: after.generated - before.generated,
    delivered: delivered(b) - delivered(a),
    dropped,
    missed: unmatched - (b.unmatched.guest - a.unmatched.guest) - dropped,
    shown: b.exchanges.joined - a.exchanges.joined + unmatched,
  };
}

/** To the unit; only a killed agent may take records with it, which the host's side then counts. */
export function ledgerHolds(row: LedgerRow, mayMiss: boolean): boolean {
  const { generated, delivered, dropped, missed, shown } = row;
  return generated === delivered + dropped + missed && generated === shown && (mayMiss || missed === 0);
}
