/** Everything the page of runs knows, and how it comes to know it. */
import { batch, computed, signal } from '@preact/signals';
import type { RunInfo, Summary } from '../server/wire/views.ts';
import { answer, ask, errorText, type Polled, repeat } from './ask.ts';

const POLL_MS = 5_000;

const query = new URLSearchParams(location.search);

/** Newest first. */
export const runs = signal<Polled<RunInfo[]>>({ value: null, error: null });
/** By run; of those in the list only. */
export const summaries = signal<ReadonlyMap<string, Summary>>(new Map());
/** Why a run has no summary, or an old one; null where the last attempt told all. */
export const summaryError = signal<string | null>(null);
/** The runs chosen to be compared; empty before there are two. */
export const chosenA = signal(query.get('a') ?? '');
export const chosenB = signal(query.get('b') ?? '');
/** The viewer's clock at the last answer. */
export const heardMs = signal(Date.now());

/** Runs that are asked for: older ones are behind a button. */
const PAGE_RUNS = 32;
/** The server gives no more at once. */
const MOST_RUNS = 1000;
const asked = signal(PAGE_RUNS);
/** Whether there may be older ones that can be shown. */
export const hasOlder = computed(() => runs.value.value?.length === asked.value && asked.value < MOST_RUNS);

/** Shows the next older ones below those that are shown. */
export function showOlder(): void {
  asked.value = Math.min(MOST_RUNS, asked.value + PAGE_RUNS);
}

/**
 * Only the newest run can change: the others are asked once, one after the
 * other, however many there are.
 */
async function pollOnce(): Promise<void> {
  const list = await answer<RunInfo[]>(`/api/runs?limit=${asked.peek()}`, runs.peek());
  const [newest, ...older] = list.value ?? [];
  batch(() => {
    runs.value = list;
    heardMs.value = Date.now();
    choose(newest?.id, older[0]?.id);
  });
  if (list.error !== null || newest === undefined) return;
  const kept = older.map(({ id }) => id);
  for (const id of final) if (!kept.includes(id)) final.delete(id);
  summaryError.value = null;
  await take(newest);
  for (const run of older) {
    if (!final.has(run.id) && (await take(run))) final.add(run.id);
  }
}

/** Runs whose summary was taken after the next one had begun. */
const final = new Set<string>();

/** Before and after: the two newest, until somebody chooses. */
function choose(newest: string | undefined, before: string | undefined): void {
  if (newest === undefined || before === undefined || chosenA.peek() !== '' || chosenB.peek() !== '') return;
  chosenA.value = before;
  chosenB.value = newest;
}

async function take({ id }: RunInfo): Promise<boolean> {
  try {
    const told = await ask<Summary>(`/api/runs/${encodeURIComponent(id)}/summary`);
    const listed = (runs.peek().value ?? []).map((run) => run.id);
    summaries.value = new Map([...summaries.peek(), [id, told] as const].filter(([key]) => listed.includes(key)));
    return true;
  } catch (error) {
    summaryError.value = errorText(error);
    return false;
  }
}

/** Every five seconds while the page is visible. */
export function startPolling(): void {
  const now = repeat(pollOnce, POLL_MS);
  asked.subscribe(now);
}
