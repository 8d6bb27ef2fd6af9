import { render } from 'preact';
import { keepAddress, startPolling } from './path-state.ts';
import { WalkPage } from './views/walk-page.tsx';

/** One real request, walked step by step. */
export function startPath(root: Element): void {
  document.title = 'Path · Hopscope';
  keepAddress();
  startPolling();
  render(<WalkPage />, root);
}
