import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  guestNics,
  guestProvenance,
  type MachineSigns,
  serviceOn,
  tellHypervisor,
  tracedNic,
} from '../../../agent/guest/provenance.ts';

const NONE: MachineSigns = { cpuinfo: '', vendor: '', product: '', clocksources: '', xenGuestType: '' };
const IN_A_VM = 'model name\t: Intel(R) Xeon(R) Processor\nflags\t\t: fpu vme hypervisor lahf_lm\n';
const ON_METAL = 'model name\t: AMD EPYC 7543\nflags\t\t: fpu vme lahf_lm\n';

const MACHINES: [string, Partial<MachineSigns>, string, string, string][] = [
  [
    'QEMU that emulates the CPU',
    {
      cpuinfo: 'model name\t: QEMU TCG CPU version 2.5+\nflags\t\t: fpu hypervisor\n',
      vendor: 'QEMU',
      product: 'Standard PC (i440FX + PIIX, 1996)',
      clocksources: 'tsc hpet acpi_pm',
    },
    'tcg',
    'tcg',
    'full',
  ],
  [
    'QEMU that emulates a CPU of another name',
    {
      cpuinfo: 'model name\t: Intel Core i7 9xx (Nehalem Class Core i7)\nflags\t\t: fpu hypervisor\n',
      vendor: 'QEMU',
      product: 'Standard PC (i440FX + PIIX, 1996)',
      clocksources: 'tsc hpet acpi_pm',
    },
    'tcg',
    'tcg',
    'full',
  ],
  [
    'KVM on arm64, which has neither flags nor a clock of its own',
    { cpuinfo: 'processor\t: 0\nFeatures\t: fp asimd\n', vendor: 'QEMU', clocksources: 'arch_sys_counter' },
    'kvm',
    'kvm',
    'hardware-accelerated',
  ],
  [
    'KVM below libvirt',
    { cpuinfo: IN_A_VM, vendor: 'QEMU', product: 'Standard PC (Q35 + ICH9, 2009)', clocksources: 'kvm-clock tsc' },
    'kvm',
    'kvm',
    'hardware-accelerated',
  ],
  [
    'Google Compute Engine, which is KVM',
    { cpuinfo: IN_A_VM, vendor: 'Google', product: 'Google Compute Engine', clocksources: 'kvm-clock tsc' },
    'kvm',
    'kvm',
    'hardware-accelerated',
  ],
  [
    'KVM without DMI, by its clock alone',
    { cpuinfo: IN_A_VM, clocksources: 'kvm-clock tsc' },
    'kvm',
    'kvm',
    'hardware-accelerated',
  ],
  [
    'a paravirtual Xen guest',
    { cpuinfo: IN_A_VM, xenGuestType: 'PV', clocksources: 'xen tsc' },
    'xen',
    'xen',
    'paravirtual',
  ],
  [
    'a Xen guest with hardware support',
    { cpuinfo: IN_A_VM, xenGuestType: 'HVM', vendor: 'Xen', product: 'HVM domU', clocksources: 'xen tsc' },
    'xen',
    'xen',
    'hardware-accelerated',
  ],
  [
    'VMware',
    { cpuinfo: IN_A_VM, vendor: 'VMware, Inc.', product: 'VMware Virtual Platform', clocksources: 'tsc' },
    'vmware',
    'vmware',
    'hardware-accelerated',
  ],
  [
    'Hyper-V',
    {
      cpuinfo: IN_A_VM,
      vendor: 'Microsoft Corporation',
      product: 'Virtual Machine',
      clocksources: 'hyperv_clocksource_tsc_page',
    },
    'hyperv',
    'hyperv',
    'hardware-accelerated',
  ],
  [
    'VirtualBox',
    { cpuinfo: IN_A_VM, vendor: 'innotek GmbH', product: 'VirtualBox', clocksources: 'tsc' },
    'virtualbox',
    'virtualbox',
    'hardware-accelerated',
  ],
  ['an unnamed hypervisor', { cpuinfo: IN_A_VM, clocksources: 'tsc' }, 'unknown', '', 'unknown'],
  [
    'bare metal',
    { cpuinfo: ON_METAL, vendor: 'Dell Inc.', product: 'PowerEdge R6525', clocksources: 'tsc hpet' },
    'none',
    'none',
    'none',
  ],
  [
    'a laptop of a maker of hypervisors',
    { cpuinfo: ON_METAL, vendor: 'Microsoft Corporation', product: 'Surface Laptop 5', clocksources: 'tsc hpet' },
    'none',
    'none',
    'none',
  ],
];

describe('the hypervisor, from what a guest can see', () => {
  it.each(MACHINES)('is told for %s', (_machine, signs, hypervisor, accelerator, approach) => {
    expect(tellHypervisor({ ...NONE, ...signs })).toEqual({ hypervisor, accelerator, approach });
  });
});

function address(text: string, internal = false): NetworkInterfaceInfo {
  const rest = { netmask: '255.255.255.0', mac: '02:00:00:00:00:01', internal, cidr: `${text}/24` };
  return { ...rest, address: text, family: 'IPv4' };
}

describe('the traced NIC', () => {
  const lo = { lo: [address('127.0.0.1', true)] };

  it('is the one that is not the way to the server', () => {
    const interfaces = { ...lo, control: [address('10.0.2.15')], measured: [address('10.77.0.10')] };
    expect(tracedNic('10.0.2.15', interfaces)).toBe('measured');
    expect(tracedNic('10.77.0.10', interfaces)).toBe('control');
    expect(tracedNic('', interfaces)).toBe('control');
  });

  it('is the only one where there is one, and empty where there is none', () => {
    expect(tracedNic('10.0.2.15', { ...lo, eth0: [address('10.0.2.15')] })).toBe('eth0');
    expect(tracedNic('', lo)).toBe('');
  });
});

describe('the NICs', () => {
  it('are the devices themselves, each with its number', () => {
    const links = JSON.parse(execFileSync('ip', ['-j', 'link'], { encoding: 'utf8' })) as {
      ifindex: number;
      ifname: string;
    }[];
    const devices = links.filter(({ ifname }) => existsSync(`/sys/class/net/${ifname}/device`));
    const found = guestNics().map(({ ifindex, nic }) => ({ ifindex, ifname: nic }));
    expect(found.toSorted((a, b) => a.ifindex - b.ifindex)).toEqual(
      devices.map(({ ifindex, ifname }) => ({ ifindex, ifname })),
    );
  });
});

describe('the service', () => {
  it('is the process that listens on the port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(serviceOn(port)).not.toBe('');
    expect(guestProvenance('lo', [port])).toMatchObject({ nic: 'lo', service: serviceOn(port) });
    server.close();
    await once(server, 'close');
    expect(serviceOn(port)).toBe('');
  });
});
