/**
 * Clock domains: one number per boot of a machine and vantage, so that an
 * agent that restarts on the same boot continues on the same timeline.
 */
import type { Agent } from './agents.ts';
import type { RecordSource } from './join/record-source.ts';

export const MAX_SOURCES = 1024;

export class SourceTable {
  readonly #byBoot = new Map<string, RecordSource>();
  readonly #forget: (index: number) => void;
  readonly #agents: () => readonly Agent[];
  #next = 0;

  /**
   * @param forget called before a number is given to another boot
   * @param agents those there are: a boot with a connected one keeps its number
   */
  constructor(forget: (index: number) => void, agents: () => readonly Agent[]) {
    this.#forget = forget;
    this.#agents = agents;
  }

  /** The source of an agent whose hello has just been read. */
  attach(agent: Agent): RecordSource {
    const { role, clock } = agent.hello;
    const key = keyOf(agent);
    const known = this.#byBoot.get(key);
    const base = known?.base ?? BigInt(clock.monotonicNs);
    const wallOffsetMs = agent.bootMs + Number(base) / 1e6;
    const source = { index: known?.index ?? this.#free(), vantage: role, base, wallOffsetMs };
    this.#byBoot.delete(key);
    this.#byBoot.set(key, source);
    return source;
  }

  of(agent: Agent): RecordSource | undefined {
    return this.#byBoot.get(keyOf(agent));
  }

  /** CLOCK_MONOTONIC (ns) that is zero for the records of source `index`. */
  baseOf(index: number): bigint {
    for (const source of this.#byBoot.values()) if (source.index === index) return source.base;
    return 0n;
  }

  #free(): number {
    if (this.#next < MAX_SOURCES) return this.#next++;
    // Map order is age. There are more numbers than agents may be connected, so one is always free.
    const used = new Set(
      this.#agents()
        .filter((agent) => agent.connected)
        .map(keyOf),
    );
    const [key, oldest] = [...this.#byBoot].find(([boot]) => !used.has(boot)) as [string, RecordSource];
    this.#byBoot.delete(key);
    this.#forget(oldest.index);
    return oldest.index;
  }
}

function keyOf({ hello }: Agent): string {
  return `${hello.role}:${hello.bootId}`;
}
