/** Pressure on this machine: how much of the time some task waited for a CPU, or for memory (kernel: Documentation/accounting/psi). */
import { readText } from './machine.ts';

export class Pressure {
  readonly #read: () => string;
  #last: { waitedUs: number; atMs: number } | null = null;

  /** @param read text of the resource's file in `/proc/pressure`, empty where the kernel has none */
  constructor(resource: 'cpu' | 'memory', read: () => string = () => readText(`/proc/pressure/${resource}`)) {
    this.#read = read;
  }

  /** @returns share of the time since the last call, 0..1; null at the first one and where the kernel does not tell */
  sample(atMs = performance.now()): number | null {
    const waitedUs = Number(/^some .*\btotal=(\d+)/m.exec(this.#read())?.[1] ?? Number.NaN);
    const before = this.#last;
    this.#last = Number.isNaN(waitedUs) ? null : { waitedUs, atMs };
    if (before === null || this.#last === null || atMs <= before.atMs) return null;
    return Math.min(1, (waitedUs - before.waitedUs) / 1000 / (atMs - before.atMs));
  }
}
