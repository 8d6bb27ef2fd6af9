import { render } from 'preact';
import { followLive } from './live-stream.ts';
import { HealthPage } from './views/health-page.tsx';

/** Whether the numbers can be trusted, and what to do where they cannot. */
export function startHealth(root: Element): void {
  document.title = 'Health · Hopscope';
  followLive();
  render(<HealthPage />, root);
}
