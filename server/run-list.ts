/** The runs the server knows: one open at most, the older ones bounded, each path in the run of its own time. */
import { newRun, type Run, type Totals } from './run.ts';
import type { Summary } from './wire/views.ts';

export const MAX_RUNS = 32;
/** A run that was ended takes in its stragglers this long (records wait for their partner), then never changes. */
export const SETTLE_MS = 10_000;

export interface RunListOptions {
  totals: () => Totals;
  /** A run's summary now, kept when the run is over. */
  summarise: (run: Run) => Summary;
  /** A run is gone: let go of what belongs to it. */
  forget: (id: string) => void;
}

export class RunList {
  /** Joined paths that fell into no run: before the first kept one, or after an ended one. */
  outside = 0;
  evicted = 0;
  /** Oldest first. */
  readonly #runs: Run[] = [];
  readonly #options: RunListOptions;

  constructor(options: RunListOptions) {
    this.#options = options;
  }

  get current(): Run {
    return this.#runs.at(-1) as Run;
  }

  /** Newest first. */
  all(): Run[] {
    return this.#runs.toReversed();
  }

  /** @param id a run's id, or `current` */
  find(id: string): Run | undefined {
    return id === 'current' ? this.current : this.#runs.find((r) => r.id === id);
  }

  /** Begin a run; the one before ends here. */
  open(name: string, nowMs: number): Run {
    const before = this.#runs.at(-1);
    if (before !== undefined) {
      before.endedMs ??= nowMs;
      before.frozen ??= this.#options.summarise(before);
    }
    const run = newRun(this.#freeId(nowMs), name, nowMs, this.#options.totals());
    this.#runs.push(run);
    if (this.#runs.length > MAX_RUNS) this.#evict();
    return run;
  }

  /** @returns false where it had ended already */
  end(run: Run, nowMs: number): boolean {
    if (run.endedMs !== null) return false;
    run.endedMs = nowMs;
    return true;
  }

  /** Freeze what has been over long enough. */
  settle(nowMs: number): void {
    const run = this.current;
    if (run.frozen === null && run.endedMs !== null && nowMs - run.endedMs >= SETTLE_MS) {
      run.frozen = this.#options.summarise(run);
    }
  }

  /** The run a path belongs to by the wall-clock time of its first station, or null. */
  at(atMs: number): Run | null {
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i] as Run;
      // What was on its way when the server started belongs to the first run.
      if (atMs < run.startedMs && (i > 0 || this.evicted > 0)) continue;
      return run.frozen === null && (run.endedMs === null || atMs <= run.endedMs) ? run : null;
    }
    return null;
  }

  #freeId(nowMs: number): string {
    let at = Math.floor(nowMs);
    while (this.find(`r${at.toString(36)}`) !== undefined) at++;
    return `r${at.toString(36)}`;
  }

  #evict(): void {
    const gone = this.#runs.shift() as Run;
    this.#options.forget(gone.id);
    this.evicted++;
  }
}
