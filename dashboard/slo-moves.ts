/** What keys do on the page of objectives and on that of a breach. */
import { breaches, episodeAddress, episodes } from './breaches.ts';
import { asked } from './slo-state.ts';

function open(id: string | undefined): void {
  if (id !== undefined) location.assign(episodeAddress(id));
}

/** Along the list, which is newest first. */
function step(by: 1 | -1): void {
  const all = episodes.peek().value ?? [];
  const at = all.findIndex(({ id }) => id === asked.episode);
  if (at >= 0) open(all[at + by]?.id);
}

export const OVERVIEW_MOVES = [
  {
    title: 'Open the newest breach',
    keys: 'o',
    run: () => open((breaches.peek()[0] ?? episodes.peek().value?.[0])?.id),
  },
];

export const EPISODE_MOVES = [
  { title: 'Back to all objectives', keys: 'b', run: () => location.assign('/slo') },
  { title: 'The breach before this one', keys: '[', run: () => step(1) },
  { title: 'The breach after this one', keys: ']', run: () => step(-1) },
  { title: 'Download the report', keys: 'd', run: () => document.querySelector<HTMLAnchorElement>('#report')?.click() },
];
