/**
 * The whole server on one page: ingest → clock → join → aggregate → store + live.
 * Sockets and HTTP are elsewhere; time comes in as a parameter.
 */
import { randomInt } from 'node:crypto';
import { AccessLogs } from './access-log/access-logs.ts';
import { type Agent, AgentRegistry } from './agents.ts';
import { contentionReport } from './aggregate/contention.ts';
import { ClockEvents, machineReading } from './clock-events.ts';
import { RECENT_KEYS, restoreEarlier } from './earlier.ts';
import { ExactPairing, pairingOf } from './exact-pairing.ts';
import { HeldPaths } from './held-paths.ts';
import type { IngestSink } from './ingest.ts';
import { classify } from './join/classify.ts';
import { Joiner } from './join/joiner.ts';
import type { LateRecord } from './join/late-records.ts';
import { deriveLayers, isComplete } from './join/layers.ts';
import { type PathColumns, pathColumns } from './join/paths.ts';
import { amendRow } from './join/row-writer.ts';
import { LiveDelay } from './live-delay.ts';
import { PairClocks, sliceEnd } from './pair-clocks.ts';
import type { PathListener, PipelineOptions } from './pipeline-options.ts';
import { ProvenanceWatch } from './provenance-watch.ts';
import { noteWiring, type Run } from './run.ts';
import { RunList } from './run-list.ts';
import { noteDown } from './run-notes.ts';
import { SafeFrames } from './safe-frames.ts';
import { costOf } from './self-cost.ts';
import { SourceTable } from './sources.ts';
import type { PathStore } from './store/store.ts';
import { momentOf, summarise } from './summary.ts';
import { type Totals, totalsOf } from './totals.ts';
import { VmTable } from './vm-table.ts';
import type { Frame } from './wire/frame.ts';
import type { AgentStats, VmInfo } from './wire/messages.ts';
import { CLASSES } from './wire/record.ts';

export const TICK_MS = 200;
/** Rows taken from the joiner at a time. */
const BATCH = 4096;
/** Rows that do not wait for the next tick: the joiner's queue is bounded, and they are in the CPU's cache still. */
const CROWD = BATCH;

export class Pipeline implements IngestSink {
  readonly registry = new AgentRegistry();
  readonly vmTable = new VmTable();
  readonly clockEvents = new ClockEvents();
  readonly exactPairing = new ExactPairing();
  readonly clocks = new PairClocks((event, guest) =>
    this.clockEvents.add({ ...event, machine: this.vmTable.guestName(guest) }),
  );
  readonly held = new HeldPaths();
  readonly accessLogs = new AccessLogs();
  readonly delay = new LiveDelay();
  readonly sources: SourceTable;
  readonly joiner: Joiner;
  readonly runs: RunList;
  readonly safeFrames: SafeFrames;
  readonly store: PathStore;
  readonly now: () => number;
  readonly laterDrops: () => Readonly<Record<string, number>>;
  readonly #onPaths: PathListener;
  readonly #longPolls: readonly Uint8Array[];
  /** Exchanges of all runs, along CLASSES. */
  readonly classes: number[] = CLASSES.map(() => 0);
  readonly #provenance = new ProvenanceWatch();
  readonly #keepRun: boolean;
  readonly #batch = pathColumns(BATCH);
  /** Layers that came out negative. */
  negative = 0;
  /** Paths that have come to their run, or to none. */
  delivered = 0;
  /** Late records that found their path in the store. */
  amended = 0;

  constructor(options: PipelineOptions) {
    this.now = options.now;
    this.#keepRun = options.keepRun ?? false;
    this.store = options.store;
    this.laterDrops = options.laterDrops ?? (() => ({}));
    this.#onPaths = options.onPaths ?? (() => undefined);
    this.#longPolls = (options.longPolls ?? []).map((prefix) => new TextEncoder().encode(prefix));
    this.joiner = new Joiner({
      vmOf: (host, ifindex, guest) => this.vmTable.indexOf(host, ifindex, guest),
      seed: randomInt(2 ** 32),
      ...(options.earlier && { recent: RECENT_KEYS }),
      ...options.waits,
    });
    this.sources = new SourceTable(
      (index) => this.#forgetSource(index),
      () => this.registry.all(),
    );
    this.safeFrames = new SafeFrames(this);
    this.runs = new RunList({
      totals: () => this.totals(),
      cost: () => costOf(this.registry.all()),
      moment: (run) => momentOf(run, this),
      summarise: (run) => summarise(run, this),
      store: this.store,
      release: (run) => [options.onRelease?.(run), this.store.release(run.id)],
    });
    if (options.earlier) restoreEarlier(this, options.earlier);
    this.runs.open(options.run, this.now());
  }

  hello(agent: Agent): void {
    const change = this.#provenance.seen(agent);
    if (change !== null) this.#changeConfig(change);
    const source = this.sources.attach(agent);
    const { hostname } = agent.hello.provenance;
    if (source.vantage === 'host') this.vmTable.setHost(source.index, hostname);
    else this.vmTable.setGuest(source.index, hostname);
  }

  /** What came before it was measured under the old one, so it is of another run. */
  #changeConfig(change: string): void {
    if (!this.#keepRun && this.runs.current.aggregate.counts.exchanges > 0) this.startRun(change);
    const isNoted = noteDown(this.runs.current, { kind: 'config', atMs: this.now(), text: change });
    if (!isNoted) this.runs.unnoted++;
  }

  frame(agent: Agent, frame: Frame): void {
    const source = this.sources.of(agent);
    if (source === undefined) throw new Error(`frame of ${agent.label} before its hello`);
    this.joiner.add(frame.records, source);
    agent.progress.handedOn(frame.sequence, this.joiner.taken(source.vantage));
    if (this.joiner.ready >= CROWD) this.tick();
  }

  vms(agent: Agent, vms: VmInfo[]): void {
    const source = this.sources.of(agent);
    if (source !== undefined) this.vmTable.setVms(source.index, vms, agent.hello.killed);
  }

  stats(agent: Agent, stats: AgentStats): void {
    const nowMs = this.now();
    this.#readClocks(agent, stats, nowMs);
    this.#contend(agent, stats, nowMs);
    this.registry.report(agent, stats, nowMs);
  }

  #readClocks(agent: Agent, { clocks, pairing, noPairing }: AgentStats, nowMs: number): void {
    const source = this.sources.of(agent);
    if (source === undefined) return;
    const machine = agent.hello.provenance.hostname;
    const reading = machineReading(clocks);
    this.clockEvents.read(source.index, reading, machine, nowMs);
    this.exactPairing.read(source.index, reading, pairing && pairingOf(pairing), noPairing);
    const pair = this.clocks.pairOf(source.index);
    const event = pair && this.exactPairing.check(pair, (index) => this.sources.baseOf(index), nowMs);
    if (event) this.clockEvents.add({ ...event, machine });
  }

  /** Put what an agent says of its last interval beside the seconds of its VMs. */
  #contend(agent: Agent, stats: AgentStats, nowMs: number): void {
    const source = this.sources.of(agent);
    if (source === undefined) return;
    for (const { name, hostName } of this.vmTable.namesOf(source.index)) {
      const report = contentionReport(source.vantage, stats, hostName);
      this.runs.current.aggregate.contend(name, agent.statsMs, nowMs, report);
    }
  }

  accessLog(agent: Agent, lines: readonly string[]): void {
    const source = this.sources.of(agent);
    if (source !== undefined) this.accessLogs.add(agent, source, lines, this.now());
  }

  /** Move everything that is joined on to its run, the store and the live stream. */
  tick(): void {
    this.joiner.expire(this.now());
    for (let full = true; full; ) {
      this.#batch.count = 0;
      full = this.joiner.drain(this.#batch) === BATCH;
      this.#take(this.#batch);
    }
    this.#takeHeld();
    for (const late of this.joiner.takeLate()) this.#amend(late);
    this.accessLogs.expire(this.now());
    this.runs.settle(this.now());
    this.safeFrames.endTick();
  }

  /** A response went on after its path was made: what is stored gets its real end, and is no request any more. */
  #amend(late: LateRecord): void {
    const found = this.store.amend(late.ordinal, (columns, row) => {
      amendRow(columns, row, late);
      deriveLayers(columns, row, row + 1);
      classify(columns, row, row + 1, this.#longPolls);
    });
    if (found) this.amended++;
  }

  /** Open a run: what begins from now on belongs to it. */
  startRun(name: string): Run {
    this.tick();
    const run = this.runs.open(name, this.now());
    this.registry.startRun();
    return run;
  }

  /**
   * Begin another stretch of a run, unless one lasts.
   * @returns false where it has had too many
   */
  resumeRun(run: Run): boolean {
    if (run.endedMs === null) return true;
    this.tick();
    if (!this.runs.resume(run, this.now())) return false;
    this.registry.startRun();
    return true;
  }

  /** Cumulative counters since the server started. */
  totals(): Totals {
    return totalsOf(this);
  }

  #take(columns: PathColumns): void {
    this.accessLogs.apply(columns, 0, columns.count);
    for (let from = 0; from < columns.count; ) {
      const to = sliceEnd(columns, from, TICK_MS);
      this.clocks.apply(columns, from, to);
      from = to;
    }
    this.held.hold(columns, this.#isDoubtful, this.now(), this.safeFrames.tick);
    this.#pass(columns);
  }

  /** Those that waited for what later exchanges tell of the clock. */
  #takeHeld(): void {
    this.#batch.count = 0;
    this.held.release(this.#batch, this.#isDoubtful, this.now());
    this.clocks.stamp(this.#batch, 0, this.#batch.count);
    this.#pass(this.#batch);
  }

  #pass(columns: PathColumns): void {
    this.negative += deriveLayers(columns, 0, columns.count);
    classify(columns, 0, columns.count, this.#longPolls);
    for (let from = 0; from < columns.count; ) {
      const run = this.runs.at(columns.atMs[from] as number);
      let to = from + 1;
      while (to < columns.count && this.runs.at(columns.atMs[to] as number) === run) to++;
      this.delivered += to - from;
      if (run === null) this.runs.outside += to - from;
      else this.#deliver(run, columns, from, to);
      from = to;
    }
  }

  readonly #isDoubtful = (columns: PathColumns, row: number) => this.clocks.isDoubtful(columns, row);

  /** Rows [from, to) of a recording, their layers derived: they belong to the run that is named. */
  replay(run: Run, columns: PathColumns, from: number, to: number): void {
    this.#deliver(run, columns, from, to);
  }

  #deliver(run: Run, columns: PathColumns, from: number, to: number): void {
    run.aggregate.add(columns, from, to, this.vmTable.names);
    this.store.append(run.id, columns, from, to);
    for (let row = from; row < to; row++) {
      this.classes[columns.class[row]!]!++;
      if (isComplete(columns, row)) run.complete++;
      noteWiring(run, this.vmTable.names[columns.vm[row] as number] ?? '', columns, row);
      this.delay.add((columns.atMs[row] as number) + (columns.endToEnd[row] as number) / 1e6);
    }
    this.#onPaths(run, columns, from, to, this.vmTable.names);
  }

  #forgetSource(index: number): void {
    this.joiner.flush(index);
    this.clocks.forget(index);
    this.clockEvents.forget(index);
    this.exactPairing.forget(index);
    this.vmTable.forget(index);
    this.accessLogs.forget(index);
  }
}
