/** Everything the page of objectives knows, and how it comes to know it. */
import { signal } from '@preact/signals';
import type { EpisodeView, SloEpisode } from '../server/wire/episode-views.ts';
import type { SloView } from '../server/wire/slo-views.ts';
import { answer, type Polled, repeat } from './ask.ts';

const POLL_MS = 5_000;

export const slo = signal<Polled<SloView>>({ value: null, error: null });
/** Newest first. */
export const episodes = signal<Polled<SloEpisode[]>>({ value: null, error: null });
/** The one in view; empty for none. */
export const chosenEpisode = signal(new URLSearchParams(location.search).get('episode') ?? '');
export const episode = signal<Polled<EpisodeView>>({ value: null, error: null });

/** Show an episode, and keep it in the address: an alert's link is one, too. */
export function showEpisode(id: string): void {
  chosenEpisode.value = id;
  history.pushState(null, '', id === '' ? location.pathname : `?${new URLSearchParams({ episode: id })}`);
}

async function pollOnce(): Promise<void> {
  const id = chosenEpisode.peek();
  const [standing, all] = await Promise.all([
    answer<SloView>('/api/slo', slo.peek()),
    answer<SloEpisode[]>('/api/slo/episodes', episodes.peek()),
  ]);
  slo.value = standing;
  episodes.value = all;
  if (id === '') return;
  const told = await answer<EpisodeView>(`/api/slo/episodes/${encodeURIComponent(id)}`, episode.peek());
  if (chosenEpisode.peek() === id) episode.value = told;
}

/** Every five seconds while the page is visible, and at once when another episode is chosen. */
export function startPolling(): void {
  const now = repeat(pollOnce, POLL_MS);
  addEventListener('popstate', () => {
    chosenEpisode.value = new URLSearchParams(location.search).get('episode') ?? '';
  });
  chosenEpisode.subscribe(() => {
    episode.value = { value: null, error: null };
    now();
  });
}
