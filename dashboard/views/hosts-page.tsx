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
  if (live.value?.run.recordedMs != null) return <OfRecording />;
  return <EmptyState />;
}

function OfRecording() {
  return (
    <section class="empty">
      <h2>A recording has no hosts</h2>
      <p>
        No agent is connected, so nobody tells of CPUs now. What the machines of the recording were (NIC, vCPUs,
        accelerator, kernel) stands with <a href="/runs">its run</a>.
      </p>
    </section>
  );
}
