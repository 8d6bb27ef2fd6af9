/** Breaches of objectives as every page knows them: whoever looks at anything sees that an alert fires. */
import { computed, signal } from '@preact/signals';
import type { SloEpisode } from '../server/wire/episode-views.ts';
import { answer, type Polled, repeat } from './ask.ts';

const POLL_MS = 5_000;

/** Newest first, as the server has them. */
export const episodes = signal<Polled<SloEpisode[]>>({ value: null, error: null });
/** Those whose alert still fires. */
export const breaches = computed(() => (episodes.value.value ?? []).filter(({ isOpen }) => isOpen));

/** For as long as the page is open. */
export function followBreaches(): void {
  const now = repeat(async () => {
    episodes.value = await answer<SloEpisode[]>('/api/slo/episodes', episodes.peek());
  }, POLL_MS);
  now();
}

/** The address of one breach. */
export function episodeAddress(id: string): string {
  return `/slo?${new URLSearchParams({ episode: id })}`;
}

/** Where a mark on any page leads: to the breach, or to the list where there are several. */
export function breachesAddress(open: readonly SloEpisode[]): string {
  return open.length === 1 ? episodeAddress(open[0]!.id) : '/slo#episodes';
}
