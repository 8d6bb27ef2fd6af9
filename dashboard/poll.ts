/** The parts of the page that are asked for rather than pushed: the list of requests and the run's summary. */
import type { ApiError, PathView, Summary } from '../server/wire/views.ts';
import { listHeld, type Polled, pathClass, pathOrder, paths, paused, summary, vm } from './state.ts';

const POLL_MS = 2_000;
const LIST_LIMIT = 10;

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(10_000) });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as ApiError | null;
  throw new Error(problem?.error.message ?? `the server answered ${response.status} to ${path}`);
}

/** A failed attempt keeps the older answer and says why. */
async function answer<T>(path: string, before: Polled<T>): Promise<Polled<T>> {
  try {
    return { value: await ask<T>(path), error: null };
  } catch (error) {
    return { value: before.value, error: error instanceof Error ? error.message : String(error) };
  }
}

async function pollOnce(): Promise<void> {
  const query = new URLSearchParams({ order: pathOrder.peek(), limit: String(LIST_LIMIT) });
  if (vm.peek() !== '') query.set('vm', vm.peek());
  if (pathClass.peek() !== '') query.set('class', pathClass.peek());
  const [list, whole] = await Promise.all([
    answer<PathView[]>(`/api/runs/current/paths?${query}`, paths.peek()),
    answer<Summary>('/api/runs/current/summary', summary.peek()),
  ]);
  if (!listHeld.peek()) paths.value = list;
  summary.value = whole;
}

/** Polls every two seconds while the page is visible and not paused, and at once when a choice changes. */
export function startPolling(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async () => {
    clearTimeout(timer);
    if (!document.hidden && !paused.peek()) await pollOnce();
    clearTimeout(timer);
    timer = setTimeout(turn, POLL_MS);
  };
  document.addEventListener('visibilitychange', () => void turn());
  for (const choice of [pathOrder, pathClass, vm, paused]) choice.subscribe(() => void turn());
}
