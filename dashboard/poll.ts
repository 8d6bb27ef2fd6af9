/** The parts of the live page that are asked for rather than pushed: the list of requests and the run's summary. */
import { ALL_VMS } from '../server/wire/machine-views.ts';
import type { PathView, Summary } from '../server/wire/views.ts';
import { answer, repeat } from './ask.ts';
import { listHeld, pathClass, pathOrder, paths, paused, summary, vm } from './state.ts';
import { chosenRun, fixed } from './view-range.ts';

const POLL_MS = 2_000;
const LIST_LIMIT = 10;

async function pollOnce(): Promise<void> {
  if (paused.peek() && chosenRun.peek() === '' && fixed.peek() === null) return;
  const query = new URLSearchParams({ order: pathOrder.peek(), limit: String(LIST_LIMIT) });
  if (vm.peek() !== '' && vm.peek() !== ALL_VMS) query.set('vm', vm.peek());
  if (pathClass.peek() !== '') query.set('class', pathClass.peek());
  const [run, stretch] = [chosenRun.peek(), fixed.peek()];
  if (stretch !== null) {
    query.set('from', String(stretch.fromS));
    query.set('to', String(stretch.toS));
  }
  const of = `/api/runs/${encodeURIComponent(run || 'current')}`;
  const [list, whole] = await Promise.all([
    answer<PathView[]>(`${of}/paths?${query}`, paths.peek()),
    answer<Summary>(`${of}/summary`, summary.peek()),
  ]);
  if (run !== chosenRun.peek()) return;
  if (!listHeld.peek() && stretch === fixed.peek()) paths.value = list;
  summary.value = whole;
}

/** Polls every two seconds while the page is visible and not paused, and at once when a choice changes. */
export function startPolling(): void {
  const now = repeat(pollOnce, POLL_MS);
  for (const choice of [pathOrder, pathClass, vm, paused, chosenRun, fixed]) choice.subscribe(now);
}
