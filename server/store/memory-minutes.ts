/** Minutes of objectives in memory: who takes them keeps them. */
import type { PathColumns } from '../join/paths.ts';
import type { Indicator } from '../slo/indicator.ts';
import { Counting, type MinuteCounts, MinuteSums } from '../slo/minute-counts.ts';
import type { MinuteStore } from './minute-store.ts';

export class MemoryMinutes implements MinuteStore {
  readonly #vmNames: () => readonly string[];
  readonly #sums = new MinuteSums();
  readonly #leftOut = new Set<string>();
  #counting = new Counting([]);

  /** @param vmNames what the vm of a row is called, by index */
  constructor(vmNames: () => readonly string[]) {
    this.#vmNames = vmNames;
  }

  async countBy(indicators: readonly Indicator[]): Promise<void> {
    this.#counting = new Counting(indicators);
  }

  leaveOut(run: string): void {
    this.#leftOut.add(run);
  }

  append(run: string, columns: PathColumns, from: number, to: number, times: 1 | -1): void {
    if (!this.#counting.isEmpty && !this.#leftOut.has(run))
      this.#counting.add(this.#sums, columns, from, to, this.#vmNames(), times);
  }

  add(minutes: readonly MinuteCounts[]): void {
    for (const one of minutes) this.#sums.add(one);
  }

  take(): MinuteCounts[] {
    return this.#sums.take();
  }

  async series(): Promise<string[]> {
    return [];
  }

  /** There was no server before this one whose minutes would still be here. */
  async all(): Promise<MinuteCounts[]> {
    return [];
  }
}
