import { hosts } from '../hosts-state.ts';
import { fault, live } from '../state.ts';
import { Banner } from './banner.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import { EmptyState } from './empty-state.tsx';
import { HostBox } from './host-box.tsx';
import { SiteHeader } from './site-header.tsx';
import './hosts-page.css';

/** Every host as a box with its VMs in it, live. */
export function HostsPage() {
  return (
    <>
      <SiteHeader at="/hosts">
        <div class="controls">
          <ConnectionPill />
        </div>
      </SiteHeader>
      <Banner />
      <main class="hosts">
        {hosts.value.map((host) => (
          <HostBox key={host.agent?.id ?? ''} host={host} />
        ))}
        {hosts.value.length === 0 && fault.value === null && <Nothing />}
      </main>
    </>
  );
}

function Nothing() {
  if (live.value?.run.recordedMs != null) return <p class="fine">A recording has no hosts: no agent is connected.</p>;
  return <EmptyState />;
}
