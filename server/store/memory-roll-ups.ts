/** Roll-ups in memory, the newest of all runs: hours of seconds, a day of minutes, a month of hours. */
import { alikeEnd, wallSecond } from '../aggregate/alike.ts';
import { ROLL_UP_STEPS, RollUp } from '../aggregate/roll-up.ts';
import { addRollUpBytes, rollUpBytes } from '../aggregate/roll-up-bytes.ts';
import { planSeries, readsOf } from '../aggregate/series-plan.ts';
import { pointsOf, type RollUpRow } from '../aggregate/series-points.ts';
import type { PathColumns } from '../join/paths.ts';
import type { SeriesQuery, StoreCounts, StoredSeries } from './store.ts';

/** Some 2 to 5 KB each. */
const MOST = { 1: 3_600, 60: 1_440, 3600: 720 } as const;
type KeptStep = keyof typeof MOST;
const KEPT_STEPS = ROLL_UP_STEPS.filter((step): step is KeptStep => step in MOST);
/** Seconds of a run and VM that are not bytes yet. */
const MOST_OPEN = 8;

export const NOTHING_PRUNED: StoreCounts['pruned'] = { paths: 0, seconds: 0, minutes: 0, hours: 0 };

interface Key {
  run: string;
  vm: number;
  t: number;
}

export class MemoryRollUps {
  /** In the order of arrival, as in each of the maps below. */
  readonly #open = new Map<string, Key & { rollUp: RollUp }>();
  readonly #kept = new Map<KeptStep, Map<string, Key & { data: Uint8Array }>>(
    KEPT_STEPS.map((step) => [step, new Map()]),
  );
  /** Before these seconds some are missing. */
  readonly #wholeFromS: Record<KeptStep, number> = { 1: -Infinity, 60: -Infinity, 3600: -Infinity };
  readonly #evicted: Record<KeptStep, number> = { 1: 0, 60: 0, 3600: 0 };

  /** Those that had to go for newer ones. */
  get pruned(): StoreCounts['pruned'] {
    const { 1: seconds, 60: minutes, 3600: hours } = this.#evicted;
    return { paths: 0, seconds, minutes, hours };
  }

  append(run: string, columns: PathColumns, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const end = alikeEnd(columns, at, to);
      this.#of(keyOf(run, columns, at)).add(columns, at, end);
      at = end;
    }
  }

  /** A path is another one now than when it was appended. */
  amend(run: string, before: PathColumns, now: PathColumns): void {
    const key = keyOf(run, before, 0);
    const isKept = this.#open.has(nameOf(key)) || this.#kept.get(1)!.has(nameOf(key));
    if (!isKept) return;
    this.#of(key).add(before, 0, 1, -1);
    this.#of(key).add(now, 0, 1);
  }

  #of(key: Key): RollUp {
    const name = nameOf(key);
    const known = this.#open.get(name);
    if (known !== undefined) return known.rollUp;
    if (this.#open.size === MOST_OPEN) this.#close(this.#open.keys().next().value!);
    const rollUp = new RollUp();
    this.#open.set(name, { ...key, rollUp });
    return rollUp;
  }

  #close(name: string): void {
    const { rollUp, ...key } = this.#open.get(name)!;
    this.#open.delete(name);
    for (const step of KEPT_STEPS) this.#merge(step, { ...key, t: Math.floor(key.t / step) * step }, rollUp);
  }

  #merge(step: KeptStep, key: Key, second: RollUp): void {
    const kept = this.#kept.get(step)!;
    const name = nameOf(key);
    const sum = new RollUp();
    const known = kept.get(name);
    if (known !== undefined) addRollUpBytes(known.data, sum);
    sum.merge(second);
    kept.set(name, { ...key, data: rollUpBytes(sum) });
    if (kept.size > MOST[step]) this.#evict(step, kept);
  }

  #evict(step: KeptStep, kept: Map<string, Key>): void {
    const [name, { t }] = kept.entries().next().value!;
    kept.delete(name);
    this.#evicted[step]++;
    this.#wholeFromS[step] = Math.max(this.#wholeFromS[step], t + step);
  }

  series({ run, vm, points, leastStepS = 1, heatmap, lasted, ...asked }: SeriesQuery): StoredSeries {
    for (const name of [...this.#open.keys()]) this.#close(name);
    const rows = (step: KeptStep) =>
      [...this.#kept.get(step)!.values()].filter((row) => row.run === run && (vm === undefined || row.vm === vm));
    const seconds = rows(1).map(({ t }) => t);
    const fromS = Math.max(
      asked.fromS,
      seconds.reduce((a, b) => Math.min(a, b), lasted.fromS),
    );
    const toS = Math.min(
      asked.toS,
      seconds.reduce((a, b) => Math.max(a, b + 1), lasted.toS),
    );
    // Five minutes are made of minutes, which are few here.
    const wholeFromS = { ...this.#wholeFromS, 300: this.#wholeFromS[60] };
    const plan = planSeries({ fromS, toS: Math.max(fromS, toS), points, leastStepS, wholeFromS });
    const wanted = readsOf(plan, wholeFromS).flatMap(({ rollUpS, ...read }) =>
      rows(rollUpS === 300 ? 60 : rollUpS)
        .filter(({ t }) => t >= read.fromS && t < read.toS)
        .map(({ t, data }): RollUpRow => ({ t, data, minus: false })),
    );
    return { ...plan, points: pointsOf(wanted, plan, heatmap) };
  }

  forget(run: string): void {
    for (const rows of [this.#open, ...this.#kept.values()]) {
      for (const [name, key] of rows) if (key.run === run) rows.delete(name);
    }
  }
}

function keyOf(run: string, columns: PathColumns, row: number): Key {
  return { run, vm: columns.vm[row]!, t: wallSecond(columns, row) };
}

function nameOf({ run, vm, t }: Key): string {
  return `${t} ${vm} ${run}`;
}
