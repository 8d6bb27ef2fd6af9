/** The parts of the live page that are asked for rather than pushed: the list of requests and the run's summary. */
import { ALL_VMS } from '../server/wire/machine-views.ts';
import type { PathView, Summary } from '../server/wire/views.ts';
import { answer, repeat } from './ask.ts';
import { listHeld, pathClass, pathOrder, paths, paused, summary, vm } from './state.ts';

const POLL_MS = 2_000;
const LIST_LIMIT = 10;

async function pollOnce(): Promise<void> {
  if (paused.peek()) return;
  const query = new URLSearchParams({ order: pathOrder.peek(), limit: String(LIST_LIMIT) });
  if (vm.peek() !== '' && vm.peek() !== ALL_VMS) query.set('vm', vm.peek());
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
  const now = repeat(pollOnce, POLL_MS);
  for (const choice of [pathOrder, pathClass, vm, paused]) choice.subscribe(now);
}
