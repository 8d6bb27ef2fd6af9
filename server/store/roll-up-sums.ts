/** Roll-ups of one step that are being added up, each of a run, a VM and a stretch of time. */
import type { DuckDBBlobValue } from '@duckdb/node-api';
import { RollUp, type RollUpStep } from '../aggregate/roll-up.ts';
import { addRollUpBytes } from '../aggregate/roll-up-bytes.ts';

export interface RollUpSum {
  /** The newest of what is in it. */
  number: number;
  run: string;
  vm: string;
  t: number;
  rollUp: RollUp;
}

/** As it is stored; `minus` takes it away. */
export type StoredRollUp = [number: number, run: string, vm: string, t: number, data: DuckDBBlobValue, minus: boolean];

export class RollUpSums {
  readonly step: RollUpStep;
  readonly #sums = new Map<string, RollUpSum>();

  constructor(step: RollUpStep) {
    this.step = step;
  }

  /** @throws like {@link addRollUpBytes} */
  addStored(rows: readonly StoredRollUp[]): this {
    for (const [number, run, vm, t, { bytes }, minus] of rows) {
      addRollUpBytes(bytes, this.#of(number, run, vm, t), minus ? -1 : 1);
    }
    return this;
  }

  /** Of the same or a finer step. */
  merge(sums: RollUpSums): this {
    for (const { number, run, vm, t, rollUp } of sums.all()) this.#of(number, run, vm, t).merge(rollUp);
    return this;
  }

  all(): RollUpSum[] {
    return [...this.#sums.values()];
  }

  #of(number: number, run: string, vm: string, second: number): RollUp {
    const t = Math.floor(second / this.step) * this.step;
    const key = [t, run, vm].join('\0');
    const known = this.#sums.get(key);
    if (known !== undefined) {
      known.number = Math.max(known.number, number);
      return known.rollUp;
    }
    const rollUp = new RollUp();
    this.#sums.set(key, { number, run, vm, t, rollUp });
    return rollUp;
  }
}
