import { render } from 'preact';
import { followLive } from './live-stream.ts';
import { startPolling } from './poll.ts';
import { keepAddress } from './state.ts';
import { Page } from './views/page.tsx';

/** The live page, on a socket of its own. */
export function startLive(root: Element): void {
  followLive();
  keepAddress();
  startPolling();
  render(<Page />, root);
}
