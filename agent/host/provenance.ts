/** What only a host knows: its switch, and the VMs as their hypervisor runs them. */
import { type Approach, modelApproach, type Provenance, type VmInfo } from '../../server/wire/messages.ts';
import { machineProvenance } from '../machine.ts';
import type { Link } from './links.ts';

const CPU_APPROACHES: Readonly<Record<string, Approach>> = {
  tcg: 'full',
  kvm: 'hardware-accelerated',
  hvf: 'hardware-accelerated',
  xen: 'paravirtual',
};

/** The first VM speaks for the run; each VM's own facts are in the `vms` message. */
export function hostProvenance(uplinks: readonly Link[], vms: readonly VmInfo[]): Provenance {
  const uplink = uplinks[0];
  const machine = machineProvenance(uplink?.name ?? '');
  const vm = vms[0];
  return {
    ...machine,
    driver: machine.driver || (uplink?.kind ?? ''),
    vswitch: vm?.bridge ? 'bridge' : '',
    nicModel: vm?.nicModel ?? '',
    hypervisor: vm ? 'qemu' : 'unknown',
    accelerator: vm?.accelerator ?? '',
    approach: CPU_APPROACHES[vm?.accelerator ?? ''] ?? 'unknown',
    nicApproach: modelApproach(vm?.nicModel ?? ''),
  };
}
