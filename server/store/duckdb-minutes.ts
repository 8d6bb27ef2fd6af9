/** Minutes of objectives on their way into a database, and what of them is in it. */
import type { Indicator } from '../slo/indicator.ts';
import { type MinuteCounts, MinuteSums } from '../slo/minute-counts.ts';
import type { DuckDbThread } from './duckdb-thread.ts';
import type { MinuteStore } from './minute-store.ts';

export class DuckDbMinutes implements MinuteStore {
  readonly #thread: DuckDbThread;
  readonly #waiting = new MinuteSums();
  /** Runs that count for nothing. */
  readonly leftOut = new Set<string>();
  readonly #written = new MinuteSums();

  constructor(thread: DuckDbThread) {
    this.#thread = thread;
  }

  async countBy(indicators: readonly Indicator[]): Promise<void> {
    await this.#thread.ask('countBy', indicators);
  }

  add(minutes: readonly MinuteCounts[]): void {
    for (const one of minutes) this.#waiting.add(one);
  }

  leaveOut(run: string): void {
    this.leftOut.add(run);
  }

  get isEmpty(): boolean {
    return this.#waiting.isEmpty;
  }

  /** For a commit, which gives them back with `add` where it fails. */
  takeWaiting(): MinuteCounts[] {
    return this.#waiting.take();
  }

  /** A commit is in the file. */
  wrote(minutes: readonly MinuteCounts[]): void {
    for (const one of minutes) this.#written.add(one);
  }

  take(): MinuteCounts[] {
    return this.#written.take();
  }

  series(): Promise<string[]> {
    return this.#thread.ask('minuteSeries', null);
  }

  all(series: string): Promise<MinuteCounts[]> {
    return this.#thread.ask('minutes', series);
  }
}
