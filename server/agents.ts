/**
 * What the server remembers of each agent: its sequence (so that a reconnect
 * neither loses nor doubles frames), its last reports, and the stretches in
 * which it was away. Bounded: the longest-gone agent is forgotten first.
 */
import { FrameProgress } from './frame-progress.ts';
import type { AgentView } from './wire/machine-views.ts';
import type { AgentStats, Hello } from './wire/messages.ts';
import type { Gap } from './wire/views.ts';

export const REMEMBERED_AGENTS = 256;
export const REMEMBERED_GAPS = 256;
/** Beyond this the agent's wall clock is wrong for us, and ours at its hello is used. */
export const TOLERATED_SKEW_MS = 2_000;

/** The name of a frame buffer's drops in an agent's report. */
const BUFFER = 'uplink.buffer';

export interface Agent {
  readonly id: string;
  readonly label: string;
  hello: Hello;
  /** Epoch ms at which this agent's CLOCK_MONOTONIC was 0. */
  bootMs: number;
  connected: boolean;
  /** Records that it has dropped, as its frames say. */
  lost: number;
  /** Highest frame handed on; null until the first frame ever. */
  sequence: number | null;
  /** Highest frame of which nothing can be lost any more; and what of it the agent was told. */
  safe: number | null;
  acked: number | null;
  readonly progress: FrameProgress;
  stats: AgentStats | null;
  statsMs: number;
  /** CPU of the last reporting interval, in cores. */
  cpuShare: number | null;
  /** Stats when the current run began. */
  runStats: AgentStats | null;
  runStatsMs: number;
}

/** A gap and whose it is: two machines may have one hostname. */
interface OwnedGap extends Gap {
  /** Role and boot id. */
  readonly machine: string;
}

export type Arrival = 'next' | 'duplicate';

export class AgentRegistry {
  readonly #agents = new Map<string, Agent>();
  readonly #gaps: OwnedGap[] = [];
  /** Drops of agents that are forgotten stay counted. */
  readonly #forgottenDrops = new Map<string, number>();
  readonly counts = { 'frames.duplicate': 0, 'frames.missing': 0, 'agents.forgotten': 0, gaps: 0, 'gaps.forgotten': 0 };

  /** A checked hello: a new agent, or a known one that is back. */
  attach(hello: Hello, nowMs: number): Agent {
    const known = this.#agents.get(hello.agentId);
    const agent = known ?? this.#create(hello, nowMs);
    agent.hello = hello;
    agent.bootMs = bootTime(hello, nowMs);
    // What a killed agent left is of the past: its machine is here with its own agent.
    if (!hello.killed) this.#closeGaps(agent, nowMs);
    agent.connected = true;
    // Map order is age: the one just seen goes to the end.
    this.#agents.delete(agent.id);
    this.#agents.set(agent.id, agent);
    this.#forget();
    return agent;
  }

  detach(agent: Agent, nowMs: number): void {
    agent.connected = false;
    if (agent.hello.killed) return;
    this.#addGap({ agent: agent.label, machine: machineOf(agent), fromMs: nowMs, toMs: null });
  }

  /** Number a frame. The first frame of an unknown agent starts its count. */
  arrive(agent: Agent, sequence: number, sentNs: bigint, nowMs: number): Arrival {
    if (agent.sequence === null) {
      agent.sequence = sequence;
      if (sequence > 1) this.#addEarlierGap(agent, sentNs, nowMs);
      return 'next';
    }
    // Serial-number arithmetic: right across the wrap at 2^32.
    const step = (sequence - agent.sequence) | 0;
    if (step <= 0) {
      this.counts['frames.duplicate']++;
      return 'duplicate';
    }
    this.counts['frames.missing'] += step - 1;
    agent.sequence = sequence;
    return 'next';
  }

  report(agent: Agent, stats: AgentStats, nowMs: number): void {
    const elapsedUs = (nowMs - agent.statsMs) * 1000;
    if (agent.stats !== null && elapsedUs > 0) {
      agent.cpuShare = Math.max(0, stats.cpuUs - agent.stats.cpuUs) / elapsedUs;
    }
    agent.stats = stats;
    agent.statsMs = nowMs;
    if (agent.runStats === null) this.#startRun(agent);
  }

  /** A new run began: costs are counted from here. */
  startRun(): void {
    for (const agent of this.#agents.values()) if (agent.stats !== null) this.#startRun(agent);
  }

  all(): Agent[] {
    return [...this.#agents.values()];
  }

  /** Gaps that touch a stretch of wall-clock time, oldest first. */
  gaps(fromMs: number, toMs = Number.POSITIVE_INFINITY): Gap[] {
    const touching = this.#gaps.filter((g) => g.fromMs <= toMs && (g.toMs ?? Number.POSITIVE_INFINITY) >= fromMs);
    return touching.map(({ agent, fromMs: from, toMs: to }) => ({ agent, fromMs: from, toMs: to }));
  }

  /** Cumulative drops of all agents ever, as `<role>.<queue>`. */
  drops(): Map<string, number> {
    const sums = new Map(this.#forgottenDrops);
    for (const agent of this.#agents.values()) addDrops(sums, agent);
    return sums;
  }

  #create(hello: Hello, nowMs: number): Agent {
    return {
      id: hello.agentId,
      label: `${hello.role}:${hello.provenance.hostname || hello.agentId}`,
      hello,
      bootMs: 0,
      connected: true,
      lost: 0,
      sequence: null,
      safe: null,
      acked: null,
      progress: new FrameProgress(),
      stats: null,
      statsMs: nowMs,
      cpuShare: null,
      runStats: null,
      runStatsMs: nowMs,
    };
  }

  #startRun(agent: Agent): void {
    agent.runStats = agent.stats;
    agent.runStatsMs = agent.statsMs;
  }

  #forget(): void {
    for (const agent of this.#agents.values()) {
      if (this.#agents.size <= REMEMBERED_AGENTS) return;
      if (agent.connected) continue;
      addDrops(this.#forgottenDrops, agent);
      this.#agents.delete(agent.id);
      this.counts['agents.forgotten']++;
    }
  }

  /** The machine is back; or it booted anew, where its name says beyond doubt which one it is. */
  #closeGaps(agent: Agent, nowMs: number): void {
    const open = this.#gaps.filter((gap) => gap.toMs === null && gap.agent === agent.label);
    const own = open.filter((gap) => gap.machine === machineOf(agent));
    const isAlone = new Set(open.map((gap) => gap.machine)).size === 1 && !this.#hasNamesake(agent);
    for (const gap of own.length === 0 && isAlone ? open : own) gap.toMs = nowMs;
  }

  #hasNamesake(agent: Agent): boolean {
    return this.all().some((other) => other.connected && other.label === agent.label && other !== agent);
  }

  /** Frames went to a server before this one: its agents were alone from their oldest unacknowledged frame. */
  #addEarlierGap(agent: Agent, sentNs: bigint, nowMs: number): void {
    const fromMs = Math.min(nowMs, agent.bootMs + Number(sentNs) / 1e6);
    this.#addGap({ agent: agent.label, machine: machineOf(agent), fromMs, toMs: nowMs });
  }

  #addGap(gap: OwnedGap): void {
    this.counts.gaps++;
    this.#gaps.push(gap);
    if (this.#gaps.length <= REMEMBERED_GAPS) return;
    this.#gaps.shift();
    this.counts['gaps.forgotten']++;
  }
}

/** One that was killed tells in the frames it left what no report of its own told. */
function dropsOf({ stats, lost }: Agent): Record<string, number> {
  const drops = { ...stats?.drops };
  return lost > (drops[BUFFER] ?? 0) ? { ...drops, [BUFFER]: lost } : drops;
}

function addDrops(sums: Map<string, number>, agent: Agent): void {
  for (const [name, value] of Object.entries(dropsOf(agent))) {
    const key = `${agent.hello.role}.${name}`;
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
}

function machineOf({ hello }: Agent): string {
  return `${hello.role}:${hello.bootId}`;
}

function bootTime(hello: Hello, nowMs: number): number {
  const monotonicMs = Number(BigInt(hello.clock.monotonicNs)) / 1e6;
  const wallMs = Number(BigInt(hello.clock.realtimeNs)) / 1e6;
  return (Math.abs(wallMs - nowMs) <= TOLERATED_SKEW_MS ? wallMs : nowMs) - monotonicMs;
}

export function agentView(agent: Agent): AgentView {
  return {
    id: agent.id,
    version: agent.hello.version,
    role: agent.hello.role,
    hostname: agent.hello.provenance.hostname,
    connected: agent.connected,
    stations: agent.hello.stations,
    provenance: agent.hello.provenance,
    rssBytes: agent.stats?.rssBytes ?? 0,
    cpuShare: agent.cpuShare,
    steal: agent.stats?.steal ?? 0,
    cpuPressure: agent.stats?.cpuPressure ?? null,
    cpuBusy: agent.stats?.cpuBusy ?? null,
    memoryPressure: agent.stats?.memoryPressure ?? null,
    nic: agent.stats?.nic ?? null,
    processes: agent.stats?.processes ?? {},
    vcpuDelay: agent.stats?.vcpuDelay ?? {},
    drops: dropsOf(agent),
  };
}
