/** What goes over the cards that VMs share, and what they lose, as the kernel counts it (sysfs-class-net-statistics). */
import type { NicLoad } from '../../server/wire/messages.ts';
import { readText } from '../machine.ts';

const COUNTERS = {
  rxBytes: ['rx_bytes'],
  txBytes: ['tx_bytes'],
  lost: ['rx_dropped', 'tx_dropped', 'rx_errors', 'tx_errors', 'rx_missed_errors'],
} as const;

type Reading = NicLoad & { atMs: number };

export class NicLoads {
  readonly #read: (nic: string, counter: string) => string;
  #last = new Map<string, Reading>();

  /** @param read the text of a counter, empty where there is none */
  constructor(read = (nic: string, counter: string) => readText(`/sys/class/net/${nic}/statistics/${counter}`)) {
    this.#read = read;
  }

  /** @returns per second since the last call, by the card's name; those that are new, or began anew, are left out */
  sample(nics: readonly string[], atMs = performance.now()): Record<string, NicLoad> {
    const before = this.#last;
    this.#last = new Map(nics.map((nic) => [nic, this.#readingOf(nic, atMs)]));
    return Object.fromEntries(
      [...this.#last].flatMap(([nic, now]) => {
        const load = perSecond(before.get(nic), now);
        return load === null ? [] : [[nic, load]];
      }),
    );
  }

  #readingOf(nic: string, atMs: number): Reading {
    const sum = (names: readonly string[]) =>
      names.reduce((total, name) => total + Number(this.#read(nic, name) || Number.NaN), 0);
    return { rxBytes: sum(COUNTERS.rxBytes), txBytes: sum(COUNTERS.txBytes), lost: sum(COUNTERS.lost), atMs };
  }
}

function perSecond(before: Reading | undefined, now: Reading): NicLoad | null {
  if (before === undefined || now.atMs <= before.atMs) return null;
  const rate = (of: keyof NicLoad) => ((now[of] - before[of]) * 1000) / (now.atMs - before.atMs);
  const load = { rxBytes: rate('rxBytes'), txBytes: rate('txBytes'), lost: rate('lost') };
  return Object.values(load).every((value) => value >= 0) ? load : null;
}
