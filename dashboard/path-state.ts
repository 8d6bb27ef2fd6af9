/** Everything the page of the guided walk knows. What is asked for stands in the address, so that a link opens the same step. */
import { computed, effect, signal } from '@preact/signals';
import type { PathView } from '../server/wire/views.ts';
import { ask, errorText, type Polled, repeat } from './ask.ts';
import { pollRun, runId, runParameters, summary, vmName } from './run-choice.ts';
import { type StepId, stepNamed, stepsOf } from './walk.ts';

export const USUAL = ['p50', 'p99'] as const;

const POLL_MS = 2_000;
/** Nearest to the quantile; the first of them that has every station is walked. */
const CANDIDATES = 20;

const query = new URLSearchParams(location.search);

/** `p50`, `p99`, or the id of a request. */
export const request = signal(query.get('request') || 'p50');
/** Where the walk is; null before it has begun. */
export const step = signal<StepId | null>(stepNamed(query.get('step')));
/** The request that is walked; it stays until another one is asked for. */
export const path = signal<Polled<PathView | 'none yet'>>({ value: null, error: null });

export const walked = computed(() => (path.value.value === 'none yet' ? null : path.value.value));
export const steps = computed(() => (walked.value === null ? [] : stepsOf(walked.value)));
export const current = computed(() => steps.value.find(({ id }) => id === step.value) ?? null);
/** The id that the address began with, or was chosen: it stays to be chosen. */
export const single = signal(USUAL.some((name) => name === request.peek()) ? '' : request.peek());

const address = computed(() => {
  const isUsual = USUAL.some((name) => name === request.value);
  if (!isUsual) return `/api/paths/${encodeURIComponent(request.value)}`;
  const parameters = new URLSearchParams({ order: 'nearest', quantile: request.value, limit: String(CANDIDATES) });
  if (vmName.value !== '') parameters.set('vm', vmName.value);
  return `/api/runs/${encodeURIComponent(runId.value)}/paths?${parameters}`;
});

/** Asks for the request to walk; another one than before if the run has gone on. */
export async function askPath(): Promise<void> {
  const asked = address.peek();
  const keep = (told: Polled<PathView | 'none yet'>) => {
    if (asked === address.peek()) path.value = told;
  };
  try {
    const told = await ask<PathView | PathView[]>(asked);
    const found = Array.isArray(told) ? (told.find(({ complete }) => complete) ?? told[0]) : told;
    keep({ value: found ?? 'none yet', error: null });
  } catch (error) {
    keep({ value: null, error: errorText(error) });
  }
}

async function pollOnce(): Promise<void> {
  await pollRun();
  // The first request of a run that had none.
  if (path.peek().value === 'none yet') await askPath();
}

/** Polls the run's numbers every two seconds while the page is visible; the request only when another one is asked for. */
export function startPolling(): void {
  repeat(pollOnce, POLL_MS)();
  address.subscribe(() => {
    path.value = { value: null, error: null };
    void askPath();
  });
}

/** Share of the run's mean end-to-end time, 0..1, by step; null before there is one. */
export const meanShares = computed(() => {
  const whole = summary.value.value?.endToEnd.mean ?? null;
  const layers = summary.value.value?.layers ?? [];
  return (id: StepId): number | null => {
    const mean = layers.find(({ layer }) => layer === id)?.mean ?? null;
    return mean === null || whole === null || whole === 0 ? null : mean / whole;
  };
});

/** Keeps the choices in the address. */
export function keepAddress(): () => void {
  return effect(() => {
    const parameters = runParameters();
    parameters.set('request', request.value);
    if (step.value !== null) parameters.set('step', step.value);
    history.replaceState(null, '', `?${parameters}${location.hash}`);
  });
}
