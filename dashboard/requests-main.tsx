import { render } from 'preact';
import { offer } from './commands.ts';
import { keepAddress, startPolling } from './requests-state.ts';
import { allOfTheRun } from './views/request-range.tsx';
import { RequestsPage } from './views/requests-page.tsx';

/** Single exchanges: a list to choose from, and one of them in full. */
export function startRequests(root: Element): void {
  document.title = 'Requests · Hopscope';
  keepAddress();
  offer([{ title: 'Requests of all of the run', keys: 'n', run: allOfTheRun }]);
  const pollNow = startPolling();
  render(<RequestsPage pollNow={pollNow} />, root);
}
