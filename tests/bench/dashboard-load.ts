/**
 * The load of bench:dashboard as a process of its own, so that the page's and
 * the server's CPU are theirs: minutes of history at once, then so many
 * requests a second. Started by {@link Load} with a port, told over IPC.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { BenchAgents, type MachineClock } from './dashboard-agents.ts';
import { VM_COUNT, VMS, VmTraffic } from './dashboard-traffic.ts';
import { recordedExchanges } from './ingest-records.ts';

/** How often the ring is looked at. */
const STEP_MS = 5;
/** Far from zero, so that records may be older than this machine's boot. */
const BOOTED_BEFORE_NS = 2 * 86_400e9;

export type Order =
  | { what: 'history'; seconds: number; rate: number }
  | { what: 'begin'; rate: number }
  | { what: 'marks' }
  | { what: 'end' };

/** A request that people see come: the only failed one of its VM in that wall second. */
export interface Mark {
  vm: string;
  second: number;
  /** Wall clock at which its last response byte was at the host NIC, ms. */
  sentMs: number;
}

export interface LoadAnswer {
  requests: number;
  dropped: number;
  /** Since they were asked for last. */
  marks: Mark[];
}

/** The load's process, from the outside. */
export class Load {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(port: number): Promise<Load> {
    const load = new Load(fork(import.meta.filename, [String(port)]));
    await once(load.#child, 'message');
    return load;
  }

  /** Resolves when it is done. */
  async ask(order: Order): Promise<LoadAnswer> {
    const answer = once(this.#child, 'message');
    this.#child.send(order);
    return (await answer)[0] as LoadAnswer;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

class Generator {
  readonly #agents: BenchAgents;
  readonly #clock: MachineClock;
  readonly #traffic: readonly VmTraffic[];
  #marks: Mark[] = [];
  /** The next mark of each VM is due then, host's clock. */
  readonly #markNs = VMS.map(() => 0);
  readonly #markedS = VMS.map(() => 0);
  #timers: NodeJS.Timeout[] = [];
  #sentNs = 0;
  #requests = 0;
  /** Requests that were due so far, with their fraction. */
  #due = 0;
  #turn = 0;

  constructor(agents: BenchAgents, clock: MachineClock, traffic: readonly VmTraffic[]) {
    this.#agents = agents;
    this.#clock = clock;
    this.#traffic = traffic;
  }

  async take(order: Order): Promise<LoadAnswer> {
    if (order.what === 'history') await this.#remember(order.seconds, order.rate);
    else if (order.what === 'begin') this.#begin(order.rate);
    else if (order.what === 'end') await this.#end();
    const marks = this.#marks.splice(0);
    return { requests: this.#requests, dropped: this.#agents.dropped, marks };
  }

  /** Second by second until now, as fast as they are acknowledged. */
  async #remember(seconds: number, rate: number): Promise<void> {
    const each = Math.round(rate / VM_COUNT);
    const fromNs = this.#clock.nowNs() - seconds * 1e9;
    for (let second = 0; second < seconds; second++) {
      for (const vm of VMS.keys()) this.#emit(vm, each, fromNs + second * 1e9, 1e9 / each);
      await this.#agents.readAll();
    }
    await this.#agents.readAll(0);
  }

  #emit(vm: number, count: number, afterNs: number, everyNs: number): void {
    for (let given = 0; given < count; ) {
      const records = this.#traffic[vm]!.next(count - given, afterNs + given * everyNs, everyNs);
      this.#agents.emit(vm, records);
      given += records.count;
    }
    this.#requests += count;
  }

  #begin(rate: number): void {
    this.#sentNs = this.#clock.nowNs();
    this.#timers = [setInterval(() => this.#step(rate), STEP_MS), setInterval(() => this.#agents.report(), 1_000)];
  }

  /** The VMs take turns. */
  #step(rate: number): void {
    const nowNs = this.#clock.nowNs();
    this.#due += ((nowNs - this.#sentNs) * rate) / 1e9;
    const each = Math.floor(this.#due / VM_COUNT);
    if (each > 0) {
      this.#due -= each * VM_COUNT;
      for (const vm of VMS.keys()) this.#emit(vm, each, this.#sentNs, (nowNs - this.#sentNs) / each);
      this.#sentNs = nowNs;
      this.#mark(this.#turn++ % VM_COUNT, nowNs);
    }
    this.#agents.readInTurn(performance.now());
  }

  /** One failed request a second and VM, at a moment of it that nobody knows before. */
  #mark(vm: number, nowNs: number): void {
    if (nowNs < this.#markNs[vm]!) return;
    const records = this.#traffic[vm]!.failed(Math.round(nowNs));
    const sentMs = this.#clock.zeroMs + nowNs / 1e6;
    const second = Math.floor((this.#clock.zeroMs + records.startNs / 1e6) / 1000);
    this.#agents.emit(vm, records);
    this.#requests++;
    // A long one may have begun in the second of the one before it: nobody could tell which of the two came.
    if (second > this.#markedS[vm]!) this.#marks.push({ vm: VMS[vm]!.name, second, sentMs });
    this.#markedS[vm] = second;
    const nextMs = (Math.floor(sentMs / 1000) + 1 + Math.random()) * 1000;
    this.#markNs[vm] = (nextMs - this.#clock.zeroMs) * 1e6;
  }

  async #end(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await this.#agents.readAll(0);
    await this.#agents.close();
  }
}

async function main(port: number): Promise<void> {
  const nowNs = () => Number(process.hrtime.bigint()) + BOOTED_BEFORE_NS;
  const clock = { nowNs, zeroMs: Date.now() - nowNs() / 1e6 };
  const recorded = await recordedExchanges();
  const agents = new BenchAgents(port, clock);
  await agents.connected();
  const generator = new Generator(
    agents,
    clock,
    VMS.map((_, vm) => new VmTraffic(recorded, vm)),
  );
  process.on('message', async (order: Order) => process.send!(await generator.take(order)));
  process.once('disconnect', () => process.exit());
  process.send!('ready');
}

if (import.meta.main) await main(Number(process.argv[2]));
