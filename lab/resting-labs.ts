/** What booted guests cost while another one is asked: their own CPU, their server's and their agents'. */
import type { Lab } from './booted-lab.ts';

export class RestingLabs {
  readonly #cpuS = new Map<Lab, number>();
  readonly #restS = new Map<Lab, number>();
  readonly #labs: readonly Lab[];

  constructor(labs: readonly Lab[]) {
    this.#labs = labs;
  }

  /** While `work` lasts, all but `lab` rest. */
  async beside<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
    const others = this.#labs.filter((other) => other !== lab);
    const before = others.map(({ state }) => state.cpuSeconds());
    const startedMs = performance.now();
    const result = await work();
    const elapsedS = (performance.now() - startedMs) / 1000;
    others.forEach((other, n) => {
      add(this.#cpuS, other, other.state.cpuSeconds() - before[n]!);
      add(this.#restS, other, elapsedS);
    });
    return result;
  }

  /** CPUs that a lab took on average while it rested; null where it never did. */
  cpusOf(lab: Lab): number | null {
    const restS = this.#restS.get(lab);
    return restS === undefined ? null : this.#cpuS.get(lab)! / restS;
  }
}

function add(sums: Map<Lab, number>, lab: Lab, seconds: number): void {
  sums.set(lab, (sums.get(lab) ?? 0) + seconds);
}
