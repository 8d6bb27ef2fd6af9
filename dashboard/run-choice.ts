/** Which run and VM a page of single requests is about, and what is known of that run. */
import { batch, computed, signal } from '@preact/signals';
import { ALL_VMS } from '../server/wire/machine-views.ts';
import type { RunInfo, Summary } from '../server/wire/views.ts';
import { answer, type Polled } from './ask.ts';

export const CURRENT = 'current';

const query = new URLSearchParams(location.search);

/** As the API takes it. */
export const runId = signal(query.get('run') || CURRENT);
const asked = query.get('vm') ?? '';
/** Empty for all, which have a name of their own on the live page. */
export const vmName = signal(asked === ALL_VMS ? '' : asked);
/** What can be chosen from, newest first. */
export const runs = signal<Polled<RunInfo[]>>({ value: null, error: null });
/** The chosen run, polled. */
export const summary = signal<Polled<Summary>>({ value: null, error: null });
/** The viewer's clock at the last answer of the server, and at the last attempt to get one. */
export const heardMs = signal<number | null>(null);
export const triedMs = signal(Date.now());
/** VMs of the chosen run, in the server's order. */
export const vms = computed(() => summary.value.value?.run.vms ?? []);

/** Asks for the runs alone. */
export async function pollRuns(): Promise<void> {
  runs.value = await answer<RunInfo[]>('/api/runs', runs.peek());
}

/** Asks for the runs and for the chosen one. */
export async function pollRun(): Promise<void> {
  const asked = runId.peek();
  const [list, whole] = await Promise.all([
    answer<RunInfo[]>('/api/runs', runs.peek()),
    answer<Summary>(`/api/runs/${encodeURIComponent(asked)}/summary`, summary.peek()),
  ]);
  if (asked !== runId.peek()) return;
  batch(() => {
    runs.value = list;
    summary.value = whole;
    triedMs.value = Date.now();
    if (list.error === null) heardMs.value = triedMs.value;
  });
}

/** What was known of another run goes. */
export function chooseRun(id: string): void {
  batch(() => {
    runId.value = id;
    vmName.value = '';
    summary.value = { value: null, error: null };
  });
}

/** Run and VM as an address has them: what is usual is left out. */
export function runParameters(): URLSearchParams {
  const parameters = new URLSearchParams();
  if (runId.value !== CURRENT) parameters.set('run', runId.value);
  if (vmName.value !== '') parameters.set('vm', vmName.value);
  return parameters;
}
