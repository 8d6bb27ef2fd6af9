import { render } from 'preact';
import { startPolling } from './runs-state.ts';
import { RunsPage } from './views/runs-page.tsx';

/** The runs that the server keeps. */
export function startRuns(root: Element): void {
  document.title = 'Runs · Hopscope';
  startPolling();
  render(<RunsPage />, root);
}
