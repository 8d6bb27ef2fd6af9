/** How many CPUs of this machine were busy, with whatever it was, and with softirq (kernel: proc_stat(5)). */
import { readText } from './machine.ts';

/** `cpu  user nice system idle iowait irq softirq steal …`; user has the time of guests in it. */
const BUSY = [1, 2, 3, 6, 7];
const SOFTIRQ = [7];
const ALL = [1, 2, 3, 4, 5, 6, 7, 8];

/** CPU seconds per second: 2 is two CPUs all the time. */
export interface CpuShares {
  busy: number;
  /** Handling packets, timers and the like, of that: where receiving takes its time. */
  softirq: number;
}

export class CpuTimes {
  readonly #read: () => string;
  #last: CpuShares & { all: number } = { busy: 0, softirq: 0, all: 0 };
  #isFirst = true;

  /** @param read text of `/proc/stat` */
  constructor(read: () => string = () => readText('/proc/stat')) {
    this.#read = read;
  }

  /** @returns of the time since the last call; null at the first one */
  sample(): CpuShares | null {
    const lines = this.#read().split('\n');
    const fields = (lines[0] ?? '').trim().split(/\s+/).map(Number);
    const cpus = lines.filter((line) => /^cpu\d/.test(line)).length;
    const sum = (columns: readonly number[]) => columns.reduce((total, at) => total + (fields[at] ?? 0), 0);
    const now = { busy: sum(BUSY), softirq: sum(SOFTIRQ), all: sum(ALL) };
    const [before, isFirst] = [this.#last, this.#isFirst];
    this.#last = now;
    this.#isFirst = false;
    if (isFirst || now.all <= before.all) return null;
    const share = (of: keyof CpuShares) => (Math.max(0, now[of] - before[of]) / (now.all - before.all)) * cpus;
    return { busy: share('busy'), softirq: share('softirq') };
  }
}
