import { counted, join, share } from '../format.ts';
import type { HostFacts } from '../host-facts.ts';
import { CpuBar } from './cpu-bar.tsx';
import { VmBox } from './vm-box.tsx';

const ICONS = { ok: '✓', warn: '▲', quiet: '·' } as const;

/** One host: what it is, who has its CPU, and its VMs as boxes in it. */
export function HostBox({ host }: { host: HostFacts }) {
  const { agent, vms, story, pressure } = host;
  const name = agent?.hostname ?? 'Guests without a host';
  const id = `host-${agent?.id ?? 'none'}`;
  return (
    <section class="panel host at-host" aria-labelledby={id} data-host={name}>
      <h2 id={id}>
        {name} <small>{aboutHost(host)}</small>
        {pressure !== null && (
          <span
            class="headline"
            title="share of the last seconds in which some task of the host waited for a CPU (PSI)"
          >
            <span class="quiet">CPU pressure</span> <span data-pressure>{join(share(pressure))}</span>
          </span>
        )}
      </h2>
      <p class={`story ${story.tone}`} data-noisy={story.noisy ?? undefined}>
        <span aria-hidden="true">{ICONS[story.tone]}</span> {story.text}
      </p>
      {host.others !== null && <CpuBar host={host} />}
      <ul class="vms">
        {vms.map((vm, i) => (
          <VmBox key={vm.vm.name} of={vm} index={i} isNoisy={story.noisy === vm.vm.name} />
        ))}
      </ul>
    </section>
  );
}

function aboutHost({ agent, cpus, vms }: HostFacts): string {
  const vcpus = vms.reduce((sum, { vm }) => sum + vm.vcpus, 0);
  const guests = `${counted(vms.length, 'VM')}, ${counted(vcpus, 'vCPU')}`;
  if (agent === null) return guests;
  const { kernel, vswitch, hypervisor } = agent.provenance;
  const parts = [
    `Linux ${kernel}`,
    vswitch,
    hypervisor === 'unknown' ? '' : hypervisor,
    `${guests} on ${counted(cpus, 'CPU')}`,
  ];
  return parts.filter(Boolean).join(' · ');
}
