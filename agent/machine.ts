/** What both vantages tell about their machine: kernel, CPUs, one network device. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { basename } from 'node:path';
import type { Approach, NicProvenance, Provenance } from '../server/wire/messages.ts';

/** Contents of a small kernel file, trimmed; empty where it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Kernel driver behind a network device: `virtio_net`, `e1000`; `fallback` for virtual ones. */
export function driverOf(nic: string, fallback = ''): string {
  try {
    return basename(readlinkSync(`/sys/class/net/${nic}/device/driver`));
  } catch {
    return fallback;
  }
}

/** Receive queues of a network device. */
export function queuesOf(nic: string): number {
  try {
    return readdirSync(`/sys/class/net/${nic}/queues`).filter((name) => name.startsWith('rx-')).length;
  } catch {
    return 0;
  }
}

const OFFLOADS = new Map([
  ['tcp-segmentation-offload', 'tso'],
  ['generic-segmentation-offload', 'gso'],
  ['generic-receive-offload', 'gro'],
  ['large-receive-offload', 'lro'],
  ['rx-checksumming', 'rx-checksum'],
  ['tx-checksumming', 'tx-checksum'],
]);

/** The offloads that move stamps, from `ethtool -k`; empty where ethtool is not installed. */
export function offloadsOf(nic: string): Record<string, boolean> {
  let text: string;
  try {
    text = execFileSync('ethtool', ['-k', nic], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return {};
  }
  const found = text.split('\n').flatMap((line): [string, boolean][] => {
    const [name, value] = line.split(':').map((part) => part.trim());
    const short = OFFLOADS.get(name ?? '');
    return short ? [[short, value?.startsWith('on') ?? false]] : [];
  });
  return Object.fromEntries(found);
}

const NIC_APPROACHES: readonly [Approach, readonly string[]][] = [
  ['paravirtual', ['virtio_net', 'vmxnet3', 'hv_netvsc', 'netfront', 'vif', 'xen-netfront', 'ena', 'gve']],
  ['full', ['e1000', 'e1000e', '8139cp', '8139too', 'pcnet32', 'tulip', 'e100', 'ne2k-pci']],
  ['hardware-accelerated', ['ixgbevf', 'iavf', 'igbvf', 'mlx5_core', 'mlx4_en', 'bnxt_en', 'mana']],
];

/** How a guest's NIC driver reaches the hardware: see the table of design.md, section 3. */
export function nicApproach(driver: string): Approach {
  return NIC_APPROACHES.find(([, drivers]) => drivers.includes(driver))?.[0] ?? 'unknown';
}

/** What every machine can tell of its network device; the model only some. */
export function nicProvenance(nic: string): NicProvenance {
  const driver = driverOf(nic);
  const approach = nicApproach(driver);
  return { nic, nicModel: '', driver, queues: queuesOf(nic), offloads: offloadsOf(nic), nicApproach: approach };
}

/** The part of the provenance that does not depend on the role. */
export function machineProvenance(nic: string): Provenance {
  return {
    ...nicProvenance(nic),
    hostname: os.hostname(),
    kernel: os.release(),
    arch: os.arch(),
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    clocksource: readText('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    vswitch: '',
    hypervisor: 'unknown',
    accelerator: '',
    approach: 'unknown',
    service: '',
  };
}

/** The clock domain: changes with every boot. */
export function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id');
}
