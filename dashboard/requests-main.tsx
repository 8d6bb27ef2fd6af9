import { render } from 'preact';
import { keepAddress, startPolling } from './requests-state.ts';
import { RequestsPage } from './views/requests-page.tsx';

/** Single exchanges: a list to choose from, and one of them in full. */
export function startRequests(root: Element): void {
  document.title = 'Requests · Hopscope';
  keepAddress();
  const pollNow = startPolling();
  render(<RequestsPage pollNow={pollNow} />, root);
}
