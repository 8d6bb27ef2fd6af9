import type { PathColumns } from '../join/paths.ts';
import type { LayerRow, LayerSummary, Quantiles, SecondRow } from '../wire/views.ts';
import type { ExponentialHistogram } from './histogram.ts';

export interface RunAggregateOptions {
  /** Seconds kept as rows. */
  retainSeconds?: number;
  /** Newest seconds kept as histograms: late exchanges still enter these. */
  detailSeconds?: number;
  /** VMs kept apart; further ones are folded into `other`. */
  maxVms?: number;
}
/** Whole-run histograms of one VM; `layers` along LAYER_IDS. */
export interface VmTotals {
  readonly vm: string;
  readonly exchanges: number;
  readonly errors: number;
  readonly layers: readonly ExponentialHistogram[];
  readonly endToEnd: ExponentialHistogram;
  readonly vnicRoundTrip: ExponentialHistogram;
}
export interface AggregateCounts {
  exchanges: number;
  errors: number;
  /** In the totals, but too late for their second's row. */
  late: number;
  /** Exchanges whose VM was folded into `other`. */
  folded: number;
}
export class RunAggregate {
  constructor(_options: RunAggregateOptions = {}) {}
  /** Take in rows [from, to) whose layers are derived. `vmNames[columns.vm[row]]` names the VM. */
  add(_columns: PathColumns, _from: number, _to: number, _vmNames: readonly string[]): void {
    throw new Error('in work');
  }
  /** Rises with every add that changed something. */
  get version(): number {
    throw new Error('in work');
  }
  /** Rows of seconds that changed after `version`, oldest first. changedSince(0) is all. */
  changedSince(_version: number): SecondRow[] {
    throw new Error('in work');
  }
  /** Rows of fromS <= t < toS (wall seconds), oldest first. */
  series(_fromS: number, _toS: number): SecondRow[] {
    throw new Error('in work');
  }
  /** The `seconds` before and including endS (default: the newest second seen) taken together, per VM. */
  recent(_seconds: number, _endS?: number): LayerRow[] {
    throw new Error('in work');
  }
  layerSummaries(): LayerSummary[] {
    throw new Error('in work');
  }
  endToEnd(): Quantiles {
    throw new Error('in work');
  }
  vnicRoundTrip(): Quantiles {
    throw new Error('in work');
  }
  totals(): VmTotals[] {
    throw new Error('in work');
  }
  get vms(): string[] {
    throw new Error('in work');
  }
  get counts(): AggregateCounts {
    throw new Error('in work');
  }
}
