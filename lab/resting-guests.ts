/** What booted guests cost while another one is asked. */
import { cpuSeconds, identify, type ProcessIdentity } from './process-identity.ts';

/** A guest as far as its process goes. */
interface Booted {
  readonly child: { readonly pid: number };
}

export class RestingGuests {
  readonly #processes: readonly (ProcessIdentity | null)[];
  readonly #cpuS: number[];
  readonly #restS: number[];

  constructor(guests: readonly Booted[]) {
    this.#processes = guests.map(({ child }) => identify(child.pid));
    this.#cpuS = guests.map(() => 0);
    this.#restS = guests.map(() => 0);
  }

  /** @param asked which of the guests works; while it does, the others rest */
  async beside<T>(asked: number, work: () => Promise<T>): Promise<T> {
    const before = this.#read();
    const startedMs = performance.now();
    const result = await work();
    const elapsedS = (performance.now() - startedMs) / 1000;
    this.#read().forEach((after, guest) => {
      if (guest === asked) return;
      this.#cpuS[guest]! += after - before[guest]!;
      this.#restS[guest]! += elapsedS;
    });
    return result;
  }

  /** CPUs that the guest took on average while it rested; null where it never did. */
  cpusOf(guest: number): number | null {
    const restS = this.#restS[guest] ?? 0;
    return restS > 0 ? this.#cpuS[guest]! / restS : null;
  }

  #read(): number[] {
    return this.#processes.map((process) => (process === null ? 0 : cpuSeconds(process)));
  }
}
