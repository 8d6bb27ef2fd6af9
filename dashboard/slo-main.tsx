import { render } from 'preact';
import { offer } from './commands.ts';
import { EPISODE_MOVES, OVERVIEW_MOVES } from './slo-moves.ts';
import { asked, startPolling } from './slo-state.ts';
import { SloPage } from './views/slo-page.tsx';

/** What is promised and whether it is kept; and one breach with all that is known of it. */
export function startSlo(root: Element): void {
  document.title = `${asked.episode === '' ? 'SLA' : `Breach ${asked.episode}`} · Hopscope`;
  offer(asked.episode === '' ? OVERVIEW_MOVES : EPISODE_MOVES);
  const pollNow = startPolling();
  render(<SloPage pollNow={pollNow} />, root);
}
