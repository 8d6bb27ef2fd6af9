import type { ComponentChildren } from 'preact';
import type { VmView } from '../../server/wire/machine-views.ts';
import { counted, duration, formatDuration, join, MISSING, rate, share } from '../format.ts';
import type { VmFacts } from '../host-facts.ts';
import { p99Trend, rateOf } from '../state.ts';
import { Num } from './num.tsx';
import { Sparkline } from './sparkline.tsx';
import { vmColour } from './vm-colour.ts';
import './vm-box.css';

interface VmBoxProps {
  of: VmFacts;
  /** Among the VMs of its host. */
  index: number;
  isNoisy: boolean;
}

/** One VM: what it is, how fast it answers, and what it has of the CPU beside how long it waits for it. */
export function VmBox({ of: { vm, row, ran, waited, steal }, index, isNoisy }: VmBoxProps) {
  const { endToEnd } = row ?? {};
  return (
    <li class="vm-box" style={{ '--colour': vmColour(index) }} data-vm={vm.name}>
      <h3>
        <a href={`/?vm=${encodeURIComponent(vm.name)}`} title="its layers, live">
          {vm.name}
        </a>
        {isNoisy && <span class="label warn">takes the CPU</span>}
        {vm.guestAgent === null && <span class="label plain">no guest agent</span>}
      </h3>
      <p class="fine">{aboutVm(vm)}</p>
      <dl class="measures">
        <Measure name="p50" title="end to end at the host NIC, the last 10 s">
          <Num of={duration(endToEnd?.p50)} />
        </Measure>
        <Measure name="p99" title="end to end at the host NIC, the last 10 s">
          <Num of={duration(endToEnd?.p99)} /> <Sparkline values={p99Trend(vm.name)} />
        </Measure>
        <Measure name="requests">
          <Num of={rate(rateOf(vm.name))} />
        </Measure>
        <Bar name="ran" of={ran} most={vm.vcpus} title="time that its vCPU threads had a CPU of the host, per second" />
        <Bar
          name="waited"
          of={waited}
          most={vm.vcpus}
          title="time that its vCPU threads were ready and had no CPU of the host, per second: run delay"
        />
        <Bar name="steal" of={steal} most={1} title="the same as the guest counts it: steal" />
      </dl>
    </li>
  );
}

/** Service, NIC, vCPUs, accelerator, and how each is virtualized. */
function aboutVm({ service, nics, vcpus, accelerator, approach, boundNs }: VmView): string {
  const cards = nics.map((nic) => `${nic.model || 'unknown NIC'} (${nic.approach})`).join(', ');
  const cpu = `${counted(vcpus, 'vCPU')}, ${accelerator || 'unknown accelerator'} (${approach})`;
  const clock = boundNs === null ? 'no clock yet' : `clock ± ${formatDuration(boundNs)}`;
  return [service || 'unknown service', cards, cpu, clock].filter(Boolean).join(' · ');
}

function Measure({ name, title, children }: { name: string; title?: string; children: ComponentChildren }) {
  return (
    <div title={title} data-measure={name}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface BarProps {
  name: string;
  of: number | null;
  /** What fills the bar. */
  most: number;
  title: string;
}

function Bar({ name, of, most, title }: BarProps) {
  const width = of === null ? 0 : Math.min(1, of / Math.max(1, most));
  return (
    <Measure name={name} title={title}>
      <span class="meter" aria-hidden="true">
        <span class={name} style={{ width: `${100 * width}%` }} />
      </span>{' '}
      <span class="value">{of === null ? MISSING : join(share(of))}</span>
    </Measure>
  );
}
