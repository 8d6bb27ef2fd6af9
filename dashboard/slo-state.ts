/** Everything the page of objectives knows. What it shows stands in the address: a link opens the same. */
import { batch, signal } from '@preact/signals';
import type { EpisodeView } from '../server/wire/episode-views.ts';
import type { SloView } from '../server/wire/slo-views.ts';
import { answer, type Polled, repeat } from './ask.ts';

const POLL_MS = 5_000;
/** A breach is judged anew from thousands of requests. */
const EPISODE_POLL_MS = 30_000;
const PATIENCE_MS = 60_000;

const query = new URLSearchParams(location.search);

/** Ids, as asked for; empty where none was. */
export const asked = { episode: query.get('episode') ?? '', objective: query.get('objective') ?? '' };

export const view = signal<Polled<SloView>>({ value: null, error: null });
/** The breach in view. */
export const episode = signal<Polled<EpisodeView>>({ value: null, error: null });
/** The viewer's clock at the last answer of the server, and at the last attempt to get one. */
export const heardMs = signal<number | null>(null);
export const triedMs = signal(Date.now());

async function pollOverview(): Promise<void> {
  take(view, await answer<SloView>('/api/slo', view.peek()));
}

/** One that is over stays as it is. */
async function pollEpisode(): Promise<void> {
  const { value, error } = episode.peek();
  if (value !== null && error === null && !value.episode.isOpen) return;
  const address = `/api/slo/episodes/${encodeURIComponent(asked.episode)}`;
  take(episode, await answer<EpisodeView>(address, { value, error }, PATIENCE_MS));
}

function take<T>(to: { value: Polled<T> }, told: Polled<T>): void {
  batch(() => {
    to.value = told;
    triedMs.value = Date.now();
    if (told.error === null) heardMs.value = triedMs.value;
  });
}

/** While the page is visible. @returns asks at once */
export function startPolling(): () => void {
  const now = asked.episode === '' ? repeat(pollOverview, POLL_MS) : repeat(pollEpisode, EPISODE_POLL_MS);
  now();
  return now;
}
