/** The host collector's cost: latency with the host agent on and off, and its BPF time by the kernel's statistics. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { libbpf, system } from '../../agent/libbpf.ts';
import type { Health } from '../../server/wire/views.ts';
import type { CostLab } from './cost-lab.ts';
import { closedLoop, openLoop } from './cost-load.ts';
import { abbaOrder, type Random } from './cost-statistics.ts';

export const HOST_STATES = ['off', 'off again', 'on'] as const;
export interface HostBlock {
  state: (typeof HOST_STATES)[number];
  round: number;
  p50Us: number;
  p99Us: number;
}

export interface HostCost {
  blocks: HostBlock[];
  bpfNs: number;
  bpfRuns: number;
  requests: number;
}

const RUN_TIME = 0;
const BACK_LIMIT_MS = 60_000;
/** The lab gives a process up that ends again and again within five seconds of its start. */
const PATIENCE_MS = 6_000;
/** When the lab last started one for us. */
let backMs = Number.NEGATIVE_INFINITY;

export async function hostCost(
  lab: CostLab,
  rounds: number,
  requests: number,
  rate: number,
  random: Random,
): Promise<HostCost> {
  const blocks: HostBlock[] = [];
  const { ns, runs } = await counted(lab, requests);
  for (const [round, order] of abbaOrder(HOST_STATES, rounds, random).entries()) {
    for (const state of order) {
      const load = () => openLoop(lab.clientNamespace, requests, rate);
      const { p50, p99 } = state === 'on' ? await load() : await withoutHostAgent(lab, load);
      blocks.push({ state, round, p50Us: p50! / 1000, p99Us: p99! / 1000 });
    }
  }
  return { blocks, bpfNs: ns, bpfRuns: runs, requests };
}

/** The lab would start it again at once: it stands still meanwhile. */
async function withoutHostAgent<T>(lab: CostLab, work: () => Promise<T>): Promise<T> {
  await delay(Math.max(0, backMs + PATIENCE_MS - performance.now()));
  lab.run.child.kill('SIGSTOP');
  try {
    process.kill(hostAgent(lab), 'SIGKILL');
    return await work();
  } finally {
    lab.run.child.kill('SIGCONT');
    const isBack = ({ agents }: Health) => agents.some(({ role, connected }) => role === 'host' && connected);
    await lab.run.health((health) => !isBack(health), BACK_LIMIT_MS);
    await lab.run.health(isBack, BACK_LIMIT_MS);
    backMs = performance.now();
  }
}

async function counted(lab: CostLab, requests: number): Promise<{ ns: number; runs: number }> {
  const statistics = libbpf.enableStats(RUN_TIME) as number;
  if (statistics < 0) throw new Error('the kernel gives no BPF run statistics');
  try {
    const before = runsOf(hostAgent(lab));
    await closedLoop(lab.clientNamespace, requests);
    const after = runsOf(hostAgent(lab));
    return { ns: after.ns - before.ns, runs: after.runs - before.runs };
  } finally {
    system.close(statistics);
  }
}

function hostAgent(lab: CostLab): number {
  return lab.run.processWith('host');
}

/** Of the programs that a process holds, each once: links name their program too, without its times. */
function runsOf(pid: number): { ns: number; runs: number } {
  const programs = new Map<string, { ns: number; runs: number }>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1];
    const [id, ns, runs] = [field('prog_id'), field('run_time_ns'), field('run_cnt')];
    if (id !== undefined && ns !== undefined) programs.set(id, { ns: Number(ns), runs: Number(runs) });
  }
  const all = [...programs.values()];
  return { ns: all.reduce((a, { ns }) => a + ns, 0), runs: all.reduce((a, { runs }) => a + runs, 0) };
}
