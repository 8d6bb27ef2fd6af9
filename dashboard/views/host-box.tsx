import type { NicLoad } from '../../server/wire/messages.ts';
import { counted, join, rate, share } from '../format.ts';
import type { HostFacts } from '../host-facts.ts';
import { CpuBar } from './cpu-bar.tsx';
import { VmBox } from './vm-box.tsx';

const ICONS = { ok: '✓', warn: '▲', quiet: '·' } as const;

/** One host: what it is, who has its CPU, and its VMs as boxes in it. */
export function HostBox({ host }: { host: HostFacts }) {
  const { agent, vms, story } = host;
  const name = agent?.hostname ?? 'Guests without a host';
  const id = `host-${agent?.id ?? 'none'}`;
  return (
    <section class="panel host at-host" aria-labelledby={id} data-host={name}>
      <h2 id={id}>
        {name} <small>{aboutHost(host)}</small>
        <Pressures host={host} />
      </h2>
      <p class={`story ${story.tone}`} data-noisy={story.noisy ?? undefined}>
        <span aria-hidden="true">{ICONS[story.tone]}</span> {story.text}
      </p>
      {host.others !== null && <CpuBar host={host} />}
      <Shared host={host} />
      <ul class="vms">
        {vms.map((vm, i) => (
          <VmBox key={vm.vm.name} of={vm} index={i} isNoisy={story.noisy === vm.vm.name} />
        ))}
      </ul>
    </section>
  );
}

/** How much of the last seconds some task waited for what all VMs share. */
function Pressures({ host: { pressure, memoryPressure } }: { host: HostFacts }) {
  if (pressure === null && memoryPressure === null) return null;
  const title = 'share of the last seconds in which some task of the host waited for it (PSI)';
  return (
    <span class="headline" title={title}>
      <span class="quiet">CPU pressure</span> <span data-pressure="cpu">{join(share(pressure))}</span>{' '}
      <span class="quiet">memory pressure</span> <span data-pressure="memory">{join(share(memoryPressure))}</span>
    </span>
  );
}

/** What all VMs share beside the CPU's time: the card, and who else takes the CPU. */
function Shared({ host: { nic, program } }: { host: HostFacts }) {
  if (nic === null && program === null) return null;
  return (
    <p class="fine" data-shared title="means of the last seconds; the program of its last report">
      {nic !== null && <Nic nic={nic} />}
      {nic !== null && program !== null && ' · '}
      {program !== null && `busiest beside the VMs: ${program.name}, ${join(share(program.cpu))} of a CPU`}
    </p>
  );
}

function Nic({ nic: { busy, drops, errors } }: { nic: NicLoad }) {
  const lost = drops + errors;
  const use = busy === null ? 'NIC of unknown speed' : `NIC ${join(share(busy))} of its speed`;
  if (lost === 0) return <>{use}, no packet lost</>;
  return (
    <>
      {use}, <span class="warn">▲ {join(rate(lost)).replace('req', 'packets')} lost</span>
    </>
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
