/** Everything the page of requests knows. What is asked for stands in the address, so that a link opens the same view. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { AgentView } from '../server/wire/machine-views.ts';
import type { Settings } from '../server/wire/settings.ts';
import { LAYERS, type SumLayer } from '../server/wire/stations.ts';
import type { Health, PathView } from '../server/wire/views.ts';
import { answer, ask, errorText, type Polled, repeat } from './ask.ts';
import { pollRun, runId, runParameters, vmName } from './run-choice.ts';
import { parseRange, type Range } from './zoom.ts';

export const ORDERS = ['slowest', 'newest', 'failed', 'random'] as const;
export type Order = (typeof ORDERS)[number];
export const STATUSES = ['2xx', '3xx', '4xx', '5xx', '0'] as const;

const POLL_MS = 5_000;
const LIST_LIMIT = 100;
const NEIGHBOURS = 15;

const asked = new URLSearchParams(location.search);

export const order = signal<Order>(ORDERS.find((name) => name === asked.get('order')) ?? 'slowest');
/** A part of method and path; empty for all. */
export const text = signal(asked.get('path') ?? '');
/** `404`, `5xx`, `0` for none; empty for all. */
export const status = signal(asked.get('status') ?? '');
/** Empty for end to end. */
export const layer = signal<SumLayer | ''>(LAYERS.find((l) => l.layer === asked.get('layer'))?.layer ?? '');
/** At least so many ns; null for any. */
export const overNs = signal(wholeNumber(asked.get('over')));
/** When they began; null for all of the run. */
export const range = signal<Range | null>(parseRange(asked.get('from'), asked.get('to')));
/** Of the random order. */
export const seed = signal(wholeNumber(asked.get('seed')) ?? 1);
/** The exchange in view; empty for none. */
export const chosenId = signal(asked.get('id') ?? '');

/** The exchanges listed. */
export const list = signal<Polled<PathView[]>>({ value: null, error: null });
/** Whether somebody points into the list: its rows then stay where they are. */
export const listHeld = signal(false);
/** The exchange in view, and those around it on its connection. */
export const chosen = signal<Polled<PathView>>({ value: null, error: null });
export const neighbours = signal<Polled<PathView[]>>({ value: null, error: null });
/** They say why a station is missing. */
export const agents = signal<AgentView[]>([]);
/** What the operator set; null before it is known. */
export const settings = signal<Settings | null>(null);

/** Whether anything but the order narrows the list. */
export const isFiltered = computed(
  () =>
    [text.value, status.value, layer.value, vmName.value].some((chosen) => chosen !== '') ||
    overNs.value !== null ||
    range.value !== null,
);

/** What the list is asked for, as the address and the API have it. */
const listParameters = computed(() => {
  const parameters = new URLSearchParams({ order: order.value });
  if (text.value !== '') parameters.set('path', text.value);
  if (status.value !== '') parameters.set('status', status.value);
  if (layer.value !== '') parameters.set('layer', layer.value);
  if (overNs.value !== null) parameters.set('over', String(overNs.value));
  if (range.value !== null) {
    parameters.set('from', String(range.value.fromS));
    parameters.set('to', String(range.value.toS));
  }
  if (order.value === 'random') parameters.set('seed', String(seed.value));
  return parameters;
});
const listAddress = computed(() => {
  const parameters = new URLSearchParams({ ...Object.fromEntries(listParameters.value), limit: String(LIST_LIMIT) });
  if (vmName.value !== '') parameters.set('vm', vmName.value);
  return `/api/runs/${encodeURIComponent(runId.value)}/paths?${parameters}`;
});

function wholeNumber(digits: string | null): number | null {
  return digits !== null && /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}

/** Shows all of the run again. */
export function clearFilters(): void {
  batch(() => {
    text.value = '';
    status.value = '';
    layer.value = '';
    overNs.value = null;
    range.value = null;
    vmName.value = '';
  });
}

/** Of the live page, at the same run, VM and time. */
export function liveAddress(): string {
  const parameters = runParameters();
  for (const name of ['from', 'to']) {
    const second = listParameters.value.get(name);
    if (second !== null) parameters.set(name, second);
  }
  return `/?${parameters}`;
}

/** Brings an exchange into view; the same one again closes it. */
export function choose(id: string): void {
  chosenId.value = chosenId.peek() === id ? '' : id;
}

async function pollList(): Promise<void> {
  const address = listAddress.peek();
  const told = await answer<PathView[]>(address, list.peek());
  if (address === listAddress.peek() && !(listHeld.peek() && list.peek().value !== null)) list.value = told;
}

async function pollOnce(): Promise<void> {
  const health = ask<Health>('/api/health').then(
    (told) => {
      agents.value = told.agents;
    },
    // The run's own question says that the server is away.
    () => undefined,
  );
  await Promise.all([pollRun(), pollList(), health]);
}

/** The answer belongs to `id` only if that is still the chosen one. */
async function askChosen(id: string): Promise<void> {
  const address = `/api/paths/${encodeURIComponent(id)}`;
  const keep = <T>(to: { value: Polled<T> }) => ({
    ok: (value: T) => id === chosenId.peek() && Object.assign(to, { value: { value, error: null } }),
    failed: (error: unknown) =>
      id === chosenId.peek() && Object.assign(to, { value: { value: null, error: errorText(error) } }),
  });
  const [one, others] = [keep(chosen), keep(neighbours)];
  await Promise.all([
    ask<PathView>(address).then(one.ok, one.failed),
    ask<PathView[]>(`${address}/neighbours?limit=${NEIGHBOURS}`).then(others.ok, others.failed),
  ]);
}

/** What is listed already is shown at once. */
function showChosen(id: string): void {
  const known = list.peek().value?.find((path) => path.id === id) ?? null;
  batch(() => {
    chosen.value = { value: known, error: null };
    neighbours.value = { value: null, error: null };
  });
  if (id !== '') void askChosen(id);
}

/** Asks again for the exchange in view. */
export function retryChosen(): void {
  showChosen(chosenId.peek());
}

/** Polls every five seconds while the page is visible, and at once when a choice changes. */
export function startPolling(): () => void {
  const now = repeat(pollOnce, POLL_MS);
  listAddress.subscribe(() => {
    list.value = { value: null, error: null };
    now();
  });
  chosenId.subscribe(showChosen);
  void ask<Settings>('/api/settings').then(
    (told) => {
      settings.value = told;
    },
    // Without them there is one link less.
    () => undefined,
  );
  return now;
}

/** Keeps the choices in the address. */
export function keepAddress(): () => void {
  return effect(() => {
    const parameters = new URLSearchParams([...runParameters(), ...listParameters.value]);
    if (chosenId.value !== '') parameters.set('id', chosenId.value);
    history.replaceState(null, '', `?${parameters}${location.hash}`);
  });
}
