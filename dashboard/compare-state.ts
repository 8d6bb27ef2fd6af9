/** Everything the compare page knows. What is asked for stands in the address, so that a link opens the same view. */
import { batch, effect, signal } from '@preact/signals';
import type { CompareView } from '../server/wire/compare-views.ts';
import { ask, errorText } from './ask.ts';
import { bestQuantile, type ComparedQuantile, quantilesOf } from './compare-rows.ts';

/** Millions of requests are compared in seconds, and other comparisons may be waited for. */
const PATIENCE_MS = 180_000;
const WHOLE = 'end to end';

const query = new URLSearchParams(location.search);

/** Ids of the runs, as asked for; empty where none was. */
export const asked = { a: query.get('a') ?? '', b: query.get('b') ?? '', forced: query.get('force') === '1' };

export type Progress =
  | { state: 'nothing asked' }
  | { state: 'asking' }
  | { state: 'failed'; message: string }
  | { state: 'answered'; view: CompareView };

/** How far the comparison is. */
export const progress = signal<Progress>({ state: 'nothing asked' });
/** Quantiles that can be chosen; none before there is a comparison with numbers. */
export const quantiles = signal<readonly ComparedQuantile[]>([]);
/** The quantile in view. */
export const quantile = signal<ComparedQuantile>('p99');
/** The layer whose distribution is in view. */
export const layer = signal(WHOLE);

/** The address of a comparison. */
export function compareAddress(a: string, b: string, forced = false): string {
  const parameters = new URLSearchParams({ a, b });
  if (forced) parameters.set('force', '1');
  return `/compare?${parameters}`;
}

/** Asks the server, unless the address names no two runs. */
export async function compare(): Promise<void> {
  const { a, b, forced } = asked;
  if (a === '' || b === '') return;
  progress.value = { state: 'asking' };
  try {
    const answer = await ask<CompareView>(`/api${compareAddress(a, b, forced)}`, PATIENCE_MS);
    show(answer);
  } catch (error) {
    progress.value = { state: 'failed', message: errorText(error) };
  }
}

/** What the address asks for stands, if it is there. */
function show(view: CompareView): void {
  batch(() => {
    quantiles.value = quantilesOf(view.comparison);
    quantile.value = bestQuantile(query.get('q'), quantiles.value);
    layer.value = view.curves.find((curves) => curves.layer === query.get('layer'))?.layer ?? WHOLE;
    progress.value = { state: 'answered', view };
  });
}

/** Keeps the choices in the address from the moment that there is something to choose from. */
export function keepAddress(): () => void {
  return effect(() => {
    if (quantiles.value.length === 0) return;
    const address = compareAddress(asked.a, asked.b, asked.forced);
    const choices = new URLSearchParams({ layer: layer.value, q: quantile.value });
    history.replaceState(null, '', `${address}&${choices}${location.hash}`);
  });
}
