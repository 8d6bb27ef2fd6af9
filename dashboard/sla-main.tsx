import { render } from 'preact';
import { startPolling } from './sla-state.ts';
import { SlaPage } from './views/sla-page.tsx';

/** What is promised, whether it is kept, and what broke it. */
export function startSla(root: Element): void {
  document.title = 'SLA · Hopscope';
  startPolling();
  render(<SlaPage />, root);
}
