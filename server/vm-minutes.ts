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

/** Programs of hosts of which a series is kept: who comes later is not told apart from the others. */
const MOST_PROGRAMS = 64;
const OTHER_PROGRAMS = 'other programs';

/** As a series of `program.time` names it. */
export function programOn(program: string, host: Agent): string {
  return `${program} on ${host.hello.provenance.hostname || host.id}`;
}

export class VmMinutes {
  readonly #pipeline: Pipeline;
  readonly #sums = new MinuteSums();
  readonly #programs = new Set<string>();
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
    const hosts = new Set([...agents.values()].flatMap(({ host }) => (host === undefined ? [] : [host])));
    const first = second - before > LONGEST_STEP_S || second < before ? second : before + 1;
    for (let t = first; t <= second; t++) {
      const minute = Math.floor((t * 1000) / MINUTE_MS);
      for (const [vm] of vms) this.#sums.of(vmSeries('present', vm), minute)[TOLD]! += 1;
      for (const [vm, told] of agents) this.#read(vm, told, minute);
      for (const host of hosts) this.#readPrograms(host, minute);
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
    const values: Record<Exclude<GaugeName, 'program.time'>, number | null | undefined> = {
      steal: guest?.stats?.steal,
      'vcpu.delay': host?.stats?.vcpuDelay[hostName],
      'vcpu.time': host?.stats?.vcpuTime[hostName],
      'pressure.host': host?.stats?.cpuPressure,
      'pressure.guest': guest?.stats?.cpuPressure,
      'memory.host': host?.stats?.memoryPressure,
      'memory.guest': guest?.stats?.memoryPressure,
      'softirq.host': host?.stats?.softirq,
      'softirq.guest': guest?.stats?.softirq,
      'nic.drops': host?.stats?.nic?.drops,
      'nic.errors': host?.stats?.nic?.errors,
      'nic.busy': host?.stats?.nic?.busy,
      'tap.drops': host?.stats?.tapDrops[hostName],
    };
    for (const [gauge, value] of Object.entries(values)) this.#add(gauge as GaugeName, vm, value, minute);
  }

  #add(gauge: GaugeName, of: string, value: number | null | undefined, minute: number): void {
    if (value === null || value === undefined) return;
    const counts = this.#sums.of(vmSeries(gauge, of), minute);
    counts[TOLD]! += 1;
    counts[SUM]! += Math.round(value * 1e6);
  }

  #readPrograms(host: Agent, minute: number): void {
    for (const [name, value] of Object.entries(host.stats?.processes ?? {})) {
      const program = programOn(name, host);
      if (this.#programs.size < MOST_PROGRAMS) this.#programs.add(program);
      const known = this.#programs.has(program) ? program : programOn(OTHER_PROGRAMS, host);
      this.#add('program.time', known, value, minute);
    }
  }

  #lose(minute: number): void {
    const lost = Object.values(this.#pipeline.totals().drops).reduce((sum, count) => sum + count, 0);
    if (this.#lost !== null && lost > this.#lost) this.#sums.of(LOST_SERIES, minute)[TOLD]! += lost - this.#lost;
    this.#lost = lost;
  }
}
