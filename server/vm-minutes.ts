/**
 * What is known of each VM by the minute, whatever is asked of it: whether both
 * its agents were there, and how hard a CPU was to get. Kept beside the counts
 * of objectives, so that a breach of last month still has its evidence.
 */
import type { Agent } from './agents.ts';
import type { Pipeline } from './pipeline.ts';
import { TALLIES } from './slo/indicator.ts';
import { MINUTE_MS, type MinuteCounts, MinuteSums } from './slo/minute-counts.ts';
import { GAUGES, type GaugeName } from './wire/episode-views.ts';

/** An agent reports every second; one that is connected and says nothing for so long is not there. */
const SILENT_MS = 5_000;
/** The server itself was held up: what was between is not known. */
const LONGEST_STEP_S = 5;
/** Of a gauge's series: seconds told, and their sum in millionths. */
const [TOLD, SUM] = [TALLIES.indexOf('total'), TALLIES.indexOf('good')] as [number, number];
/** Lost records of all agents and queues, as `total`. */
export const LOST_SERIES = 'lost';

export type VmSeries = { kind: 'present' | GaugeName; vm: string };

export function vmSeries(kind: VmSeries['kind'], vm: string): string {
  return `${kind}:${vm}`;
}

/** @returns null where the series is something else */
export function vmOfSeries(series: string): VmSeries | null {
  const at = series.indexOf(':');
  const kind = series.slice(0, at);
  const known = (['present', ...GAUGES] as const).find((one) => one === kind);
  return known === undefined ? null : { kind: known, vm: series.slice(at + 1) };
}

export class VmMinutes {
  readonly #pipeline: Pipeline;
  readonly #sums = new MinuteSums();
  #second: number | null = null;
  #lost: number | null = null;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const before = this.#second ?? second - 1;
    if (second <= before && second > before - LONGEST_STEP_S) return;
    this.#second = second;
    const agents = this.#agents(nowMs);
    const vms = [...agents].filter(([, { host, guest }]) => host && guest);
    const first = second - before > LONGEST_STEP_S || second < before ? second : before + 1;
    for (let t = first; t <= second; t++) {
      const minute = Math.floor((t * 1000) / MINUTE_MS);
      for (const [vm] of vms) this.#sums.of(vmSeries('present', vm), minute)[TOLD]! += 1;
      for (const [vm, told] of agents) this.#read(vm, told, minute);
    }
    this.#lose(Math.floor(nowMs / MINUTE_MS));
  }

  take(): MinuteCounts[] {
    return this.#sums.take();
  }

  /** Of each VM, by name: the agents that tell of it now, and what its host calls it. */
  #agents(nowMs: number): Map<string, { host?: Agent; guest?: Agent; hostName: string }> {
    const { registry, sources, vmTable } = this.#pipeline;
    const told = new Map<string, { host?: Agent; guest?: Agent; hostName: string }>();
    for (const agent of registry.all()) {
      const source = sources.of(agent);
      if (!agent.connected || source === undefined || nowMs - agent.statsMs > SILENT_MS) continue;
      for (const { name, hostName } of vmTable.namesOf(source.index)) {
        told.set(name, { ...told.get(name), [source.vantage]: agent, hostName });
      }
    }
    return told;
  }

  #read(
    vm: string,
    { host, guest, hostName }: { host?: Agent; guest?: Agent; hostName: string },
    minute: number,
  ): void {
    const values: Record<GaugeName, number | null | undefined> = {
      steal: guest?.stats?.steal,
      'vcpu.delay': host?.stats?.vcpuDelay[hostName],
      'vcpu.time': host?.stats?.vcpuTime[hostName],
      'pressure.host': host?.stats?.cpuPressure,
      'pressure.guest': guest?.stats?.cpuPressure,
    };
    for (const gauge of GAUGES) {
      const value = values[gauge];
      if (value === null || value === undefined) continue;
      const counts = this.#sums.of(vmSeries(gauge, vm), minute);
      counts[TOLD]! += 1;
      counts[SUM]! += Math.round(value * 1e6);
    }
  }

  #lose(minute: number): void {
    const lost = Object.values(this.#pipeline.totals().drops).reduce((sum, count) => sum + count, 0);
    if (this.#lost !== null && lost > this.#lost) this.#sums.of(LOST_SERIES, minute)[TOLD]! += lost - this.#lost;
    this.#lost = lost;
  }
}
