import { render } from 'preact';
import { watchHosts } from './hosts-state.ts';
import { followLive } from './live-stream.ts';
import { HostsPage } from './views/hosts-page.tsx';

/** Every host with its VMs, from the same live stream as the live page. */
export function startHosts(root: Element): void {
  document.title = 'Hosts & VMs · Hopscope';
  watchHosts();
  followLive();
  render(<HostsPage />, root);
}
