/** What some rows add to the minutes of each indicator. */
import type { PathColumns } from '../join/paths.ts';
import { type Count, type Counts, countOf, type Indicator, indicatorId, noCounts } from './indicator.ts';
import { SeenRow } from './selector.ts';

export const MINUTE_MS = 60_000;

export interface MinuteCounts {
  /** `indicatorId`, or what else is counted by the minute. */
  series: string;
  /** Since the epoch. */
  minute: number;
  counts: Counts;
}

/** Adds up by series and minute. */
export class MinuteSums {
  readonly #sums = new Map<string, MinuteCounts>();

  of(series: string, minute: number): Counts {
    const key = `${minute} ${series}`;
    const known = this.#sums.get(key) ?? { series, minute, counts: noCounts() };
    this.#sums.set(key, known);
    return known.counts;
  }

  add({ series, minute, counts }: MinuteCounts): void {
    const sum = this.of(series, minute);
    for (let i = 0; i < counts.length; i++) sum[i]! += counts[i]!;
  }

  get isEmpty(): boolean {
    return this.#sums.size === 0;
  }

  /** All there is, without what came to nothing; from then on it is empty. */
  take(): MinuteCounts[] {
    const all = [...this.#sums.values()].filter(({ counts }) => counts.some((count) => count !== 0));
    this.#sums.clear();
    return all;
  }
}

/** Some indicators, ready to count. */
export class Counting {
  readonly #all: { series: string; count: Count }[];

  constructor(indicators: readonly Indicator[]) {
    const byId = new Map(indicators.map((indicator) => [indicatorId(indicator), indicator]));
    this.#all = [...byId].map(([series, indicator]) => ({ series, count: countOf(indicator) }));
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /**
   * Rows [from, to) whose layers and class are derived.
   * @param vmNames `vmNames[columns.vm[row]]` names the VM
   * @param times -1 takes away what was counted of these rows before
   */
  add(
    sums: MinuteSums,
    columns: PathColumns,
    from: number,
    to: number,
    vmNames: readonly string[],
    times: 1 | -1,
  ): void {
    if (this.isEmpty) return;
    let minute = Number.NaN;
    let sumsOfMinute: Counts[] = [];
    for (let row = from; row < to; row++) {
      const itsMinute = Math.floor(columns.atMs[row]! / MINUTE_MS);
      if (itsMinute !== minute) {
        minute = itsMinute;
        sumsOfMinute = this.#all.map(({ series }) => sums.of(series, itsMinute));
      }
      const seen = new SeenRow(columns, row, vmNames[columns.vm[row]!] ?? '');
      for (let i = 0; i < sumsOfMinute.length; i++) this.#all[i]!.count(seen, sumsOfMinute[i]!, times);
    }
  }
}
