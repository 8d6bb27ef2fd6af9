/** What servers before this one left in the store. */
import type { Logger } from 'pino';
import { type PathKeys, RECENT_KEYS } from './join/recent-keys.ts';
import type { Pipeline } from './pipeline.ts';
import { MAX_RUNS } from './run-list.ts';
import type { DuckDbStore } from './store/duckdb.ts';
import type { EndedRun } from './store/duckdb-messages.ts';
import { StoreError } from './store/store-error.ts';
import { summarySchema } from './summary-schema.ts';
import type { Summary } from './wire/views.ts';

export { RECENT_KEYS };

export interface Earlier {
  /** Oldest first. */
  runs: readonly Summary[];
  keys: PathKeys;
}

/** @throws StoreError */
export async function readEarlier(store: DuckDbStore, log: Logger): Promise<Earlier> {
  try {
    return { runs: await newestRuns(store, MAX_RUNS - 1, log), keys: await store.keys(RECENT_KEYS) };
  } catch (error) {
    throw new StoreError(
      `what is in the store cannot be read (${(error as Error).message}): move its folder away and start again.`,
    );
  }
}

/** Before anything arrives, and before this server's own first run. */
export function restoreEarlier({ joiner, runs, vmTable }: Pipeline, earlier: Earlier): void {
  joiner.remember(earlier.keys);
  for (const summary of earlier.runs) {
    runs.restore(summary);
    for (const vm of summary.run.vms) vmTable.named(vm);
  }
}

/** Oldest first; one that cannot be read is left out. */
async function newestRuns(store: DuckDbStore, limit: number, log: Logger): Promise<Summary[]> {
  const { runs } = await store.runs({ limit, except: [] });
  return runs.toReversed().flatMap((stored) => storedSummary(stored, log) ?? []);
}

/** What was kept of a run; null, and its name in the log, where that cannot be read. */
export function storedSummary({ id, endedMs, summary }: EndedRun, log: Logger): Summary | null {
  const parsed = summarySchema.safeParse(summary);
  if (parsed.success) return ended(parsed.data, endedMs);
  log.warn({ run: id, reason: parsed.error.message }, 'the summary of an earlier run cannot be read');
  return null;
}

/** A run whose server was killed lasted until its last path. */
function ended(summary: Summary, endedMs: number): Summary {
  const stretches = summary.run.stretches.map((s) => ({ ...s, toMs: s.toMs ?? Math.max(s.fromMs, endedMs) }));
  return { ...summary, run: { ...summary.run, endedMs: summary.run.endedMs ?? endedMs, stretches } };
}
