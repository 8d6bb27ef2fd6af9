/** The blocks: each observer in turn, under a closed and an open loop, and once more with the kernel's statistics on. */
import type { Summary } from '../../server/wire/views.ts';
import type { CostLab } from './cost-lab.ts';
import { closedLoop, openLoop } from './cost-load.ts';
import type { ObserverName, Observers } from './cost-observers.ts';
import { difference, type Snapshot, snapshot, withStatistics } from './cost-snapshot.ts';
import { abbaOrder, type Random } from './cost-statistics.ts';

export interface Block {
  observer: ObserverName;
  round: number;
  /** Closed loop: by the client's clock, and by the guest's. */
  perSecond: number;
  perGuestSecond: number;
  nginxUs: number;
  busyUs: number;
  /** Open loop at 70 % of what the guest can do, from when a request was due. */
  p50Us: number;
  p99Us: number;
  openNginxUs: number;
}

export interface Statistics {
  observer: ObserverName;
  requests: number;
  bpfNs: number;
  bpfRuns: number;
  /** The ring's own, or the perf buffer's: wake-ups that records caused. */
  wakeUps: number;
  /** Of the reader, whatever woke it. */
  turns: number;
  guestSeconds: number;
}

export interface BlockPlan {
  rounds: number;
  closedRequests: number;
  openRequests: number;
  /** Of the guest's time: three of the periods in which the agent samples its own cost, or two. */
  selfCostMs: number;
}

export interface SelfCostCheck {
  /** BPF ns a request, as the page shows it; null when it shows none. */
  shownNs: number | null;
  measuredNs: number;
}

const LOAD_SHARE = 0.7;
/** These take turns; bpftrace compiles for most of a minute, so it comes once, between two rounds of nothing. */
const IN_TURN: readonly ObserverName[] = ['nothing', 'nothing again', 'hopscope', 'naive', 'tcpdump'];

export class BlockRunner {
  readonly #lab: CostLab;
  readonly #observers: Observers;
  readonly #plan: BlockPlan;
  readonly #say: (line: string) => void;
  /** Open loop, requests a second. */
  rate = 0;
  readonly blocks: Block[] = [];
  /** Naive and bpftrace from the rounds, Hopscope from {@link compareSelfCost}. */
  readonly statistics: Statistics[] = [];

  constructor(lab: CostLab, observers: Observers, plan: BlockPlan, say: (line: string) => void) {
    this.#lab = lab;
    this.#observers = observers;
    this.#plan = plan;
    this.#say = say;
  }

  /** Warms up and finds what the guest can do with nothing on. */
  async findRate(): Promise<void> {
    const rates: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { answered, seconds } = await closedLoop(this.#lab.clientNamespace, this.#plan.closedRequests);
      rates.push(answered / seconds);
    }
    this.rate = LOAD_SHARE * Math.min(...rates.slice(1));
  }

  async run(random: Random): Promise<void> {
    const { rounds } = this.#plan;
    for (const [round, order] of abbaOrder(IN_TURN, rounds, random).entries()) {
      for (const observer of order) await this.#visit(observer, round);
    }
    try {
      await this.#observers.switchTo('bpftrace');
    } catch (error) {
      this.#say(`bpftrace did not start: ${(error as Error).message.split('\n').at(-1)}`);
      return;
    }
    for (let round = 0; round < rounds; round++) await this.#visit('bpftrace', round);
  }

  async #visit(observer: ObserverName, round: number): Promise<void> {
    await this.#observers.switchTo(observer);
    const block = await this.#block(observer, round);
    this.blocks.push(block);
    this.#say(`${observer}, round ${round + 1}: ${block.nginxUs.toFixed(0)} µs of Nginx a request`);
    const counted = this.statistics.filter((each) => each.observer === observer).length;
    if ((observer === 'naive' || observer === 'bpftrace') && counted < 2) {
      this.statistics.push(await this.#count(observer));
    }
  }

  async #block(observer: ObserverName, round: number): Promise<Block> {
    const { closedRequests, openRequests } = this.#plan;
    const client = this.#lab.clientNamespace;
    const [closed, spent] = await this.#around(observer, () => closedLoop(client, closedRequests));
    const [open, openSpent] = await this.#around(observer, () => openLoop(client, openRequests, this.rate));
    return {
      observer,
      round,
      perSecond: closed.answered / closed.seconds,
      perGuestSecond: (spent.requests / spent.busyUs) * 1e6,
      nginxUs: spent.nginxUs / spent.requests,
      busyUs: spent.busyUs / spent.requests,
      p50Us: open.p50! / 1000,
      p99Us: open.p99! / 1000,
      openNginxUs: openSpent.nginxUs / openSpent.requests,
    };
  }

  async #count(observer: ObserverName): Promise<Statistics> {
    const load = () => closedLoop(this.#lab.clientNamespace, this.#plan.closedRequests);
    const [, counted] = await withStatistics(this.#lab, () => this.#around(observer, load));
    const { requests, bpfNs, bpfRuns, wakeUps, turns, uptimeMs } = counted;
    return { observer, requests, bpfNs, bpfRuns, wakeUps, turns, guestSeconds: uptimeMs / 1000 };
  }

  /**
   * Hopscope's own figure on the page beside ours, over the same requests. The
   * agent samples one second in five, so this takes some of its periods.
   */
  async compareSelfCost(): Promise<SelfCostCheck> {
    await this.#observers.switchTo('hopscope');
    const pid = this.#observers.pids.hopscope;
    const client = this.#lab.clientNamespace;
    await this.#lab.newRun('self-cost');
    const spent = await withStatistics(this.#lab, async () => {
      const before = await snapshot(this.#lab, pid);
      for (;;) {
        await closedLoop(client, this.#plan.closedRequests);
        const now = difference(before, await snapshot(this.#lab, pid));
        if (now.uptimeMs >= this.#plan.selfCostMs) return now;
      }
    });
    const { selfCost } = await this.#lab.run.get<Summary>('/api/runs/current/summary');
    const { requests, bpfNs, bpfRuns, wakeUps, turns, uptimeMs } = spent;
    const ours = {
      observer: 'hopscope',
      requests,
      bpfNs,
      bpfRuns,
      wakeUps,
      turns,
      guestSeconds: uptimeMs / 1000,
    } as const;
    this.statistics.push(ours);
    return { shownNs: selfCost.guestNsPerRequest, measuredNs: bpfNs / requests };
  }

  async #around<T>(observer: ObserverName, work: () => Promise<T>): Promise<[T, Snapshot]> {
    const pid = this.#observers.pids[observer];
    const before = await snapshot(this.#lab, pid);
    const result = await work();
    return [result, difference(before, await snapshot(this.#lab, pid))];
  }
}
