/** What only a guest knows: its hypervisor, its NIC, the service on the port. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import type { Approach, GuestNic, Provenance } from '../../server/wire/messages.ts';
import { machineProvenance, nicProvenance, readText } from '../machine.ts';

/** The server refuses more. */
const MAX_NICS = 32;

interface Hypervisor {
  hypervisor: string;
  accelerator: string;
  approach: Approach;
}

const BY_VENDOR: readonly [RegExp, string][] = [
  [/vmware/i, 'vmware'],
  [/microsoft corporation/i, 'hyperv'],
  [/innotek|virtualbox/i, 'virtualbox'],
  [/xen/i, 'xen'],
  [/qemu|red hat|kubevirt|openstack|google|amazon ec2|digitalocean|alibaba/i, 'kvm'],
];

/** CPU model and DMI text as the machine shows them; empty strings where it shows none. */
export interface MachineSigns {
  cpuinfo: string;
  vendor: string;
  product: string;
  clocksources: string;
  xenGuestType: string;
}

const TCG: Hypervisor = { hypervisor: 'tcg', accelerator: 'tcg', approach: 'full' };

/** Tell the hypervisor from what the guest can see, surest sign first. */
export function tellHypervisor(signs: MachineSigns): Hypervisor {
  if (signs.xenGuestType === 'PV') return { hypervisor: 'xen', accelerator: 'xen', approach: 'paravirtual' };
  if (/QEMU TCG/.test(signs.cpuinfo)) return TCG;
  if (signs.clocksources.includes('kvm-clock')) return accelerated('kvm');
  // Only x86 has this line. Makers of hypervisors also make laptops, and clouds rent out bare metal.
  const flags = /^flags\s*:.*$/m.exec(signs.cpuinfo)?.[0];
  if (flags && !/\bhypervisor\b/.test(flags)) return { hypervisor: 'none', accelerator: 'none', approach: 'none' };
  // Under KVM an x86 guest of QEMU would have had its clock.
  if (flags && /qemu/i.test(signs.vendor)) return TCG;
  const named = BY_VENDOR.find(([pattern]) => pattern.test(`${signs.vendor} ${signs.product}`))?.[1];
  if (named) return accelerated(named);
  return flags
    ? { hypervisor: 'unknown', accelerator: '', approach: 'unknown' }
    : { hypervisor: 'none', accelerator: 'none', approach: 'none' };
}

function accelerated(hypervisor: string): Hypervisor {
  return { hypervisor, accelerator: hypervisor, approach: 'hardware-accelerated' };
}

/** PCI vendor:device → the model name that QEMU and libvirt use. */
const NIC_MODELS = new Map([
  ['0x1af4:0x1000', 'virtio-net-pci'],
  ['0x1af4:0x1041', 'virtio-net-pci'],
  ['0x8086:0x100e', 'e1000'],
  ['0x8086:0x10d3', 'e1000e'],
  ['0x10ec:0x8139', 'rtl8139'],
  ['0x1022:0x2000', 'pcnet'],
  ['0x15ad:0x07b0', 'vmxnet3'],
  ['0x1011:0x0019', 'tulip'],
]);

function nicModelOf(nic: string): string {
  const device = `/sys/class/net/${nic}/device`;
  const id = (at: string) => `${readText(`${at}/vendor`)}:${readText(`${at}/device`)}`;
  // A virtio device hangs below its PCI function; its own id has another meaning.
  return NIC_MODELS.get(id(device)) ?? NIC_MODELS.get(id(`${device}/..`)) ?? '';
}

/**
 * The NIC with the traced traffic: the first with an address that is not the
 * agent's own way to the server.
 * @param ownAddress local address of the uplink, empty where unknown
 */
export function tracedNic(ownAddress: string, interfaces = os.networkInterfaces()): string {
  const outside = Object.entries(interfaces).filter(([, list]) => list?.some((a) => !a.internal));
  const others = outside.filter(([, list]) => !list?.some((a) => a.address === ownAddress));
  return (others[0] ?? outside[0])?.[0] ?? '';
}

/** Name of the process that listens on `port`; needs root; empty where it is not found. */
export function serviceOn(port: number): string {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => readText(path).split('\n'));
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter((f) => f[3] === '0A');
  const inode = listening.find((fields) => fields[1]?.endsWith(`:${wanted}`))?.[9];
  return inode ? ownerOf(`socket:[${inode}]`) : '';
}

function ownerOf(socket: string): string {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const fds = readdirSync(`/proc/${pid}/fd`);
      if (fds.some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket)) return readText(`/proc/${pid}/comm`);
    } catch {
      // the process, or one of its files, went away while we looked
    }
  }
  return '';
}

function guestNic(nic: string): GuestNic {
  const ifindex = Number(readText(`/sys/class/net/${nic}/ifindex`));
  return { ifindex, ...nicProvenance(nic), nicModel: nicModelOf(nic) };
}

/**
 * All NICs of the guest, those that are devices of its own and not made of others: a record tells which of them
 * its exchange used.
 */
export function guestNics(): GuestNic[] {
  const devices = readdirSync('/sys/class/net').filter((nic) => existsSync(`/sys/class/net/${nic}/device`));
  return devices.slice(0, MAX_NICS).map(guestNic);
}

/** @param nic as given by `--nic`, else found */
export function guestProvenance(nic: string, ports: readonly number[]): Provenance {
  const machine = machineProvenance(nic);
  const signs: MachineSigns = {
    cpuinfo: readText('/proc/cpuinfo'),
    vendor: readText('/sys/class/dmi/id/sys_vendor'),
    product: readText('/sys/class/dmi/id/product_name'),
    clocksources: readText('/sys/devices/system/clocksource/clocksource0/available_clocksource'),
    xenGuestType: readText('/sys/hypervisor/guest_type'),
  };
  return {
    ...machine,
    ...tellHypervisor(signs),
    nicModel: nicModelOf(nic),
    service: serviceOn(ports[0] ?? 80),
  };
}
