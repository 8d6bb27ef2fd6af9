/** Moving about in time on the live page: by keys, by buttons, by dragging. */
import { ALL_VMS } from '../server/wire/machine-views.ts';
import type { RunInfo } from '../server/wire/views.ts';
import { live, paused, range, second, togglePause, vm } from './state.ts';
import { backToNow, chosenRun, fixed, lookAt, rangeParameters, WINDOWS_MIN, windowMinutes } from './view-range.ts';
import { panned, type Range, settled, wholeOf, zoomed } from './zoom.ts';

const nowS = (): number => second.peek() + 1;

/** Of the run that is in view. */
export function look(stretch: Range): void {
  const run = chosenRun.peek() || live.peek()?.run.id;
  if (run !== undefined) lookAt(settled(stretch, nowS()), run);
}

/** While the charts follow, by one of the windows; else around `atS`, or the middle. */
export function zoom(direction: 'in' | 'out', atS?: number): void {
  if (fixed.peek() !== null) {
    look(zoomed(range.peek(), direction === 'in' ? 0.5 : 2, nowS(), atS));
    return;
  }
  const at = WINDOWS_MIN.indexOf(windowMinutes.peek()) + (direction === 'in' ? -1 : 1);
  windowMinutes.value = WINDOWS_MIN[at] ?? windowMinutes.peek();
}

/** By half of what is in view. */
export function pan(direction: 'earlier' | 'later'): void {
  if (direction === 'later' && fixed.peek() === null) return;
  look(panned(range.peek(), direction === 'later' ? 0.5 : -0.5, nowS()));
}

/** Whatever the page stood still at, it follows again. */
export function jumpToNow(): void {
  if (paused.peek()) togglePause();
  backToNow();
}

/** All of a run. */
export function lookAtAll(run: RunInfo): void {
  lookAt(wholeOf(run, nowS()), run.id);
}

/** Of the requests of what is in view: the chosen stretch, or all of the run. */
export function requestsAddress(): string {
  const query = new URLSearchParams(rangeParameters());
  const run = chosenRun.value || live.value?.run.id;
  if (fixed.value !== null && run !== undefined) query.set('run', run);
  if (vm.value !== '' && vm.value !== ALL_VMS) query.set('vm', vm.value);
  return `/requests?${query}`;
}

export const MOVES = [
  { title: 'Zoom in', keys: '+', run: () => zoom('in') },
  { title: 'Zoom out', keys: '-', run: () => zoom('out') },
  { title: 'Look at earlier', keys: '[', run: () => pan('earlier') },
  { title: 'Look at later', keys: ']', run: () => pan('later') },
  { title: 'Back to now', keys: 'n', run: jumpToNow },
];
