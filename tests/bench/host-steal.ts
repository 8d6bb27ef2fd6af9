/** How much of this machine's CPU time a hypervisor below it took: with that, nothing that is measured here is sure. */
import { readFileSync } from 'node:fs';

interface Ticks {
  all: number;
  stolen: number;
}

export class HostSteal {
  readonly #before = ticks();

  /** Since this was made, 0 to 1. */
  share(): number {
    const now = ticks();
    return (now.stolen - this.#before.stolen) / Math.max(1, now.all - this.#before.all);
  }
}

/** By the first line of /proc/stat (proc(5)): user to steal, of which guest time is a part. */
function ticks(): Ticks {
  const [line] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const all = line!.trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: all.reduce((sum, one) => sum + one, 0), stolen: all[7]! };
}
