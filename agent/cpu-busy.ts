/** How many CPUs of this machine were busy, with whatever it was (kernel: proc_stat(5)). */
import { readText } from './machine.ts';

/** `cpu  user nice system idle iowait irq softirq steal …`; user has the time of guests in it. */
const BUSY = [1, 2, 3, 6, 7];
const ALL = [1, 2, 3, 4, 5, 6, 7, 8];

export class CpuBusy {
  readonly #read: () => string;
  #last: { busy: number; all: number } | null = null;

  /** @param read text of `/proc/stat` */
  constructor(read: () => string = () => readText('/proc/stat')) {
    this.#read = read;
  }

  /** @returns CPU seconds per second since the last call, 2 is two CPUs all the time; null at the first one */
  sample(): number | null {
    const lines = this.#read().split('\n');
    const fields = (lines[0] ?? '').trim().split(/\s+/).map(Number);
    const cpus = lines.filter((line) => /^cpu\d/.test(line)).length;
    const sum = (columns: readonly number[]) => columns.reduce((total, at) => total + (fields[at] ?? 0), 0);
    const now = { busy: sum(BUSY), all: sum(ALL) };
    const before = this.#last;
    this.#last = now;
    if (before === null || now.all <= before.all) return null;
    return (Math.max(0, now.busy - before.busy) / (now.all - before.all)) * cpus;
  }
}
