/** Which stretch of which run the live page looks at: the last minutes, or one that was chosen. It stands in the address. */
import { batch, signal } from '@preact/signals';
import { LAYERS, type SumLayer } from '../server/wire/stations.ts';
import { parseRange, type Range } from './zoom.ts';

/** Beyond the first three the server is asked for what it kept. */
export const WINDOWS_MIN = [1, 5, 15, 60, 360, 1440] as const;
export type WindowMinutes = (typeof WINDOWS_MIN)[number];

const asked = new URLSearchParams(location.search);

/** How far back the charts look while they follow, minutes. */
export const windowMinutes = signal<WindowMinutes>(WINDOWS_MIN.find((m) => String(m) === asked.get('min')) ?? 5);
/** The stretch that was chosen; null while the charts follow the present. */
export const fixed = signal<Range | null>(parseRange(asked.get('from'), asked.get('to')));
/** Id of the run that the stretch is of; empty for the current one. */
export const chosenRun = signal(asked.get('run') ?? '');
/** The layer that is drawn alone; empty for all. */
export const chosenLayer = signal<SumLayer | ''>(LAYERS.find((l) => l.layer === asked.get('layer'))?.layer ?? '');

/** Looks at a stretch of a run; the browser's way back leads to where one was. */
export function lookAt(range: Range, run: string): void {
  history.pushState(null, '', location.href);
  batch(() => {
    fixed.value = range;
    chosenRun.value = run;
  });
}

/** Follows the present again. */
export function backToNow(): void {
  if (fixed.peek() === null && chosenRun.peek() === '') return;
  history.pushState(null, '', location.href);
  follow();
}

function follow(): void {
  batch(() => {
    fixed.value = null;
    chosenRun.value = '';
  });
}

/** For as long as the page is open: back and forth in the browser's history. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    const now = new URLSearchParams(location.search);
    const range = parseRange(now.get('from'), now.get('to'));
    if (range === null) return follow();
    batch(() => {
      fixed.value = range;
      chosenRun.value = now.get('run') ?? '';
    });
  });
}

/** As the address has them. */
export function rangeParameters(): [name: string, value: string][] {
  const run: [string, string][] = chosenRun.value === '' ? [] : [['run', chosenRun.value]];
  if (fixed.value === null) return run;
  return [...run, ['from', String(fixed.value.fromS)], ['to', String(fixed.value.toS)]];
}
