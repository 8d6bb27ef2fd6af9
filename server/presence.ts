/** In which seconds both agents of a VM were there: where they were not, nothing was measured. */
import type { Pipeline } from './pipeline.ts';
import { MINUTE_MS, type MinuteCounts, MinuteSums } from './slo/minute-counts.ts';

/** An agent reports every second; one that is connected and says nothing for so long is not there. */
const SILENT_MS = 5_000;
/** The server itself was held up: what was between is not known. */
const LONGEST_STEP_S = 5;
const PREFIX = 'vm:';

export function presenceSeries(vm: string): string {
  return PREFIX + vm;
}

/** @returns the VM, or null where the series is something else */
export function presentVm(series: string): string | null {
  return series.startsWith(PREFIX) ? series.slice(PREFIX.length) : null;
}

export class Presence {
  readonly #pipeline: Pipeline;
  readonly #sums = new MinuteSums();
  #second: number | null = null;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const before = this.#second ?? second - 1;
    this.#second = second;
    const steps = second - before;
    if (steps <= 0) return;
    const vms = this.#vms(nowMs);
    const first = steps > LONGEST_STEP_S ? second : before + 1;
    for (let t = first; t <= second; t++) {
      for (const vm of vms) this.#sums.of(presenceSeries(vm), Math.floor((t * 1000) / MINUTE_MS))[0]! += 1;
    }
  }

  take(): MinuteCounts[] {
    return this.#sums.take();
  }

  /** Those that an agent on their host and one in them tell of. */
  #vms(nowMs: number): string[] {
    const { registry, sources, vmTable } = this.#pipeline;
    const seen = { host: new Set<string>(), guest: new Set<string>() };
    for (const agent of registry.all()) {
      const source = sources.of(agent);
      if (!agent.connected || source === undefined || nowMs - agent.statsMs > SILENT_MS) continue;
      for (const { name } of vmTable.namesOf(source.index)) seen[source.vantage].add(name);
    }
    return [...seen.host].filter((name) => seen.guest.has(name));
  }
}
