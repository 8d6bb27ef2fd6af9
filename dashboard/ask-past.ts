/** Asks the server for what the live stream does not have: histograms over time, older stretches, what came before. */
import { effect, untracked } from '@preact/signals';
import type { EventView } from '../server/wire/event-views.ts';
import { ALL_VMS } from '../server/wire/machine-views.ts';
import type { SeriesPoints } from '../server/wire/series-views.ts';
import type { RunInfo } from '../server/wire/views.ts';
import { answer, ask, errorText, type Polled, repeat } from './ask.ts';
import { heatOf } from './heat.ts';
import { HeatLog } from './heat-log.ts';
import { before, heat, pastEvents, runFault, stored, whole } from './past.ts';
import { isStored, live, paused, range, second, vm } from './state.ts';
import { chosenRun, fixed, windowMinutes } from './view-range.ts';
import { lengthOf, type Range, wholeOf } from './zoom.ts';

const HEAT_MS = 2_000;
const BEFORE_MS = 10_000;
/** At the soonest; else ten times in the newest point. */
const STORED_MS = 5_000;
/** As the table has them. */
const RECENT_S = 10;
/** Columns of a chart. */
const POINTS = 300;
/** Of a quarter of an hour that is followed. */
const FOLLOW_STEP_S = 5;
/** Requests of a stretch that ended just now may still come. */
const LATE_S = 60;

const log = new HeatLog();

const runPath = (): string => `/api/runs/${encodeURIComponent(chosenRun.peek() || 'current')}`;

function seriesPath({ fromS, toS }: Range, points: number, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ from: String(fromS), to: String(toS), points: String(points), ...more });
  if (vm.peek() !== '' && vm.peek() !== ALL_VMS) query.set('vm', vm.peek());
  return `${runPath()}/series?${query}`;
}

/** Seconds of a point, at least: the server's next step is taken. A short run is not drawn finer than a long one. */
function stepOf(stretch: Range): number {
  return Math.ceil(lengthOf(stretch) / POINTS);
}

/** An answer belongs to what was asked for only if that is still in view. */
async function keepIf<T>(to: { value: Polled<T>; peek(): Polled<T> }, path: string, isStill: () => boolean) {
  const told = await answer<T>(path, to.peek());
  if (isStill()) to.value = told;
}

/** What makes an answer one about something else. */
const view = (): string => {
  const stretch = fixed.value === null ? windowMinutes.value : `${fixed.value.fromS}-${fixed.value.toS}`;
  return [chosenRun.value, live.value?.run.id, vm.value, stretch].join(' ');
};
const viewNow = (): string => untracked(view);

function still(): () => boolean {
  const asked = viewNow();
  return () => asked === viewNow();
}

async function askHeat(): Promise<void> {
  const inView = range.peek();
  const step = stepOf(inView) === 1 ? 1 : FOLLOW_STEP_S;
  const isStill = still();
  const { points, ...missing } = log.missing(`${live.peek()?.run.id} ${vm.peek()}`, inView, step);
  try {
    const told = await ask<SeriesPoints>(seriesPath(missing, points, { heatmap: '1', step: String(step) }));
    if (!isStill()) return;
    log.add(told, inView.fromS);
    heat.value = { value: heatOf(log.points, told.stepS, told.heatScale), error: null };
  } catch (error) {
    if (isStill()) heat.value = { value: heat.peek().value, error: errorText(error) };
  }
}

async function askStored(): Promise<void> {
  const inView = range.peek();
  const isStill = still();
  const { fromS, toS } = inView;
  await Promise.all([
    keepIf(stored, seriesPath(inView, POINTS, { heatmap: '1', step: String(stepOf(inView)) }), isStill),
    fixed.peek() === null ? undefined : keepIf(whole, seriesPath(inView, 1), isStill),
    keepIf<EventView[]>(pastEvents, `${runPath()}/events?from=${fromS}&to=${toS}`, isStill),
  ]);
  if (!isStill()) return;
  const { value, error } = stored.peek();
  heat.value = { value: value && heatOf(value.points, value.stepS, value.heatScale), error };
}

/** As long as what is in view; of the last seconds, the minutes before them. */
function beforeRange(): Range {
  const chosen = fixed.peek();
  if (chosen !== null) return { fromS: chosen.fromS - lengthOf(chosen), toS: chosen.fromS };
  const toS = second.peek() - RECENT_S;
  return { fromS: toS - windowMinutes.peek() * 60, toS };
}

const isNew = (): boolean => second.peek() - (fixed.peek()?.toS ?? 0) < LATE_S;
let askedView = '';
let storedMs = Number.NEGATIVE_INFINITY;
let beforeMs = Number.NEGATIVE_INFINITY;

/** What is over is asked for once. */
async function turn(): Promise<void> {
  if (live.peek() === null || (paused.peek() && fixed.peek() === null)) return;
  const isOther = askedView !== viewNow();
  askedView = viewNow();
  const nowMs = performance.now();
  const mayHaveChanged = fixed.peek() === null || isNew();
  const due = (lastMs: number, everyMs: number) => isOther || (mayHaveChanged && nowMs - lastMs >= everyMs);
  const questions: Promise<void>[] = [];
  if (!isStored.peek()) questions.push(askHeat());
  else if (due(storedMs, Math.max(STORED_MS, (1000 * stepOf(range.peek())) / 10)) || stored.peek().error !== null) {
    storedMs = nowMs;
    questions.push(askStored());
  }
  if (due(beforeMs, BEFORE_MS)) {
    beforeMs = nowMs;
    questions.push(keepIf(before, seriesPath(beforeRange(), 1), still()));
  }
  await Promise.all(questions);
}

/** A run without a stretch in the address: all of it. */
export async function lookAtRun(): Promise<void> {
  const run = chosenRun.peek();
  if (run === '' || fixed.peek() !== null) return;
  const told = await answer<RunInfo>(runPath(), { value: null, error: null });
  if (chosenRun.peek() !== run || fixed.peek() !== null) return;
  runFault.value = told.error;
  if (told.value !== null) fixed.value = wholeOf(told.value, Math.ceil(Date.now() / 1000));
}

/** Every two seconds while the page is visible, and at once when something else comes into view. */
export function followPast(): void {
  const now = repeat(turn, HEAT_MS);
  let known = '';
  effect(() => {
    const asked = view();
    if (asked === known) return;
    known = asked;
    for (const each of [stored, whole, before, heat, pastEvents]) each.value = { value: null, error: null };
    now();
  });
  void lookAtRun();
}

/** The server is asked again at once. */
export function retryPast(): void {
  askedView = '';
  void turn();
}
