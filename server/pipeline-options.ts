/** What a pipeline is given, and by whom it is listened to. */
import type { Earlier } from './earlier.ts';
import type { JoinerWaits } from './join/joiner-options.ts';
import type { PathColumns } from './join/paths.ts';
import type { Run } from './run.ts';
import type { PathStore } from './store/store.ts';

/** Somebody else who wants every path once: an exporter. Rows are valid during the call only. */
export type PathListener = (
  run: Run,
  columns: PathColumns,
  from: number,
  to: number,
  vmNames: readonly string[],
) => void;

export interface PipelineOptions {
  /** Wall clock, ms since the epoch. */
  now: () => number;
  store: PathStore;
  /** Name of the first run. */
  run: string;
  /** Drops of queues behind the pipeline, by name. */
  laterDrops?: () => Readonly<Record<string, number>>;
  /** Beginnings of paths whose requests wait on purpose: class `stream`. */
  longPolls?: readonly string[];
  /** Whether a machine that comes back as another one begins no run. */
  keepRun?: boolean;
  /** How long records wait for their partner, where not as the joiner has it. */
  waits?: JoinerWaits;
  onPaths?: PathListener;
  onRelease?: (run: Run) => void;
  /** What servers before this one left in the store. */
  earlier?: Earlier;
}
