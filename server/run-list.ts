/**
 * The runs the server knows: one is the current one, the older ones are bounded. A run that was left can be
 * resumed; each path belongs to the run in whose stretch it began, late as it may come.
 */

import { loadsByVm } from './load-total.ts';
import { earlierRun, type Momentary, newRun, type Run } from './run.ts';
import { type Cost, costSum } from './self-cost.ts';
import type { PathStore } from './store/store.ts';
import { type Totals, totalsSince, totalsSum } from './totals.ts';
import type { Stretch, Summary } from './wire/views.ts';

export const MAX_RUNS = 32;
/** Of one run. */
export const MAX_STRETCHES = 256;
/** A run that was ended or left takes in its stragglers this long (records wait for their partner), then never changes. */
export const SETTLE_MS = 10_000;

export interface RunListOptions {
  totals: () => Totals;
  /** What the agents report of the current stretch so far. */
  cost: () => Cost;
  /** What will not be there to be seen any more once the run is left. */
  moment: (run: Run) => Momentary;
  /** A run's summary now, kept when the run is over. */
  summarise: (run: Run) => Summary;
  store: Pick<PathStore, 'coverage'>;
  /** A run is not listed any more. */
  release: (run: Run) => void;
}

interface OwnedStretch {
  readonly run: Run;
  readonly stretch: Stretch;
}

export class RunList {
  /** Joined paths that fell into no run: before the first kept one, between two, or after a settled one. */
  outside = 0;
  evicted = 0;
  /** Changes of a machine that a run had no room to note. */
  unnoted = 0;
  /** By when they were opened. */
  readonly #runs: Run[] = [];
  /** Of all runs, oldest first. */
  readonly #stretches: OwnedStretch[] = [];
  readonly #options: RunListOptions;

  constructor(options: RunListOptions) {
    this.#options = options;
  }

  get current(): Run {
    return this.#stretches.at(-1)?.run as Run;
  }

  /** Newest first. */
  all(): Run[] {
    return this.#runs.toReversed();
  }

  /** @param id a run's id, or `current` */
  find(id: string): Run | undefined {
    return id === 'current' ? this.current : this.#runs.find((r) => r.id === id);
  }

  /** Begin a run; the stretch of the one before ends here. */
  open(name: string, nowMs: number): Run {
    const run = this.#new(this.#freeId(nowMs), name, nowMs);
    this.#leave(nowMs);
    this.#enter(run, nowMs);
    this.#runs.push(run);
    if (this.#runs.length > MAX_RUNS) this.#evict();
    return run;
  }

  /** Take in a run that was recorded elsewhere: it is over, and nothing that is measured here belongs to it. */
  adopt(recorded: Summary, nowMs: number): Run {
    const { run: told } = recorded;
    const run = this.#new(this.find(told.id) === undefined ? told.id : this.#freeId(nowMs), told.name, told.startedMs);
    Object.assign(run, {
      recorded,
      load: recorded.load,
      loadOf: loadsByVm(recorded),
      labels: told.labels,
      endedMs: told.endedMs ?? nowMs,
    });
    run.notes.push(...told.notes);
    run.stretches.push(...told.stretches);
    this.#runs.push(run);
    if (this.#runs.length > MAX_RUNS) this.#evict();
    return run;
  }

  /** List a run of a server before this one, which is over. */
  restore(summary: Summary): void {
    this.#runs.push(earlierRun(summary, () => this.#options.store.coverage(summary.run.id)));
  }

  /** @returns false where it is the current one: end it by beginning another */
  remove(run: Run): boolean {
    if (run === this.current) return false;
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.#letGo(run);
    return true;
  }

  /**
   * Begin another stretch of a run; the stretch of the one before ends here.
   * @returns false where it has had MAX_STRETCHES
   */
  resume(run: Run, nowMs: number): boolean {
    if (run.stretches.length >= MAX_STRETCHES) return false;
    this.#leave(nowMs);
    this.#enter(run, nowMs);
    return true;
  }

  /** @returns false where it had ended already */
  end(run: Run, nowMs: number): boolean {
    if (run.endedMs !== null) return false;
    run.endedMs = nowMs;
    (run.stretches.at(-1) as Stretch).toMs = nowMs;
    return true;
  }

  /** Freeze what has been over long enough. */
  settle(nowMs: number): void {
    for (const run of this.#runs) {
      // A recording is frozen by whoever brings it in, when all of it is in.
      if (run.recorded !== null || run.frozen !== null || run.endedMs === null || nowMs - run.endedMs < SETTLE_MS)
        continue;
      this.#stopCounting(run);
      run.frozen = this.#options.summarise(run);
    }
  }

  /** The run a path belongs to by the wall-clock time of its first station, or null. */
  at(atMs: number): Run | null {
    for (let i = this.#stretches.length - 1; i >= 0; i--) {
      const { run, stretch } = this.#stretches[i] as OwnedStretch;
      // What was on its way when the server started belongs to the first run.
      if (atMs < stretch.fromMs && (i > 0 || this.evicted > 0)) continue;
      return run.frozen === null && (stretch.toMs === null || atMs <= stretch.toMs) ? run : null;
    }
    return null;
  }

  #enter(run: Run, nowMs: number): void {
    const stretch: Stretch = { fromMs: nowMs, toMs: null };
    run.stretches.push(stretch);
    this.#stretches.push({ run, stretch });
    run.endedMs = null;
    run.left = null;
    run.frozen = null;
    run.start = this.#options.totals();
  }

  #leave(nowMs: number): void {
    if (this.#stretches.length === 0) return;
    this.end(this.current, nowMs);
    this.#stopCounting(this.current);
  }

  #stopCounting(run: Run): void {
    if (run.start === null) return;
    run.left = this.#options.moment(run);
    run.cost = costSum(run.cost, this.#options.cost());
    run.counted = totalsSum(run.counted, totalsSince(run.start, this.#options.totals()));
    run.start = null;
  }

  #new(id: string, name: string, startedMs: number): Run {
    return newRun(id, name, startedMs, () => this.#options.store.coverage(id));
  }

  #freeId(nowMs: number): string {
    let at = Math.floor(nowMs);
    while (this.find(`r${at.toString(36)}`) !== undefined) at++;
    return `r${at.toString(36)}`;
  }

  /** The one that was opened first and is not the current one. */
  #evict(): void {
    this.#letGo(this.#runs.splice(this.#runs[0] === this.current ? 1 : 0, 1)[0] as Run);
    this.evicted++;
  }

  #letGo(gone: Run): void {
    const kept = this.#stretches.filter(({ run }) => run !== gone);
    this.#stretches.splice(0, this.#stretches.length, ...kept);
    this.#options.release(gone);
  }
}
