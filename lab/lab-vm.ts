/** The guests of a run: what they are called, and where each is reached. Several share one bridge and one host. */
import { availableParallelism } from 'node:os';
import { LabError } from './command.ts';
import type { KernelVersion } from './guest-kernel.ts';
import { shellPort } from './guest-shell.ts';
import { MOST_NICS, measuredNic } from './network.ts';
import type { LabNic, NicModel } from './nic-models.ts';
import { type Accelerator, MEMORY_MIB } from './qemu.ts';
import { accessLogPort } from './services.ts';

/** What a guest keeps until it is booted again. */
export interface GuestBoot {
  readonly vcpus: number;
  readonly kernel: KernelVersion;
  readonly accel: 'auto' | Accelerator;
}

export interface LabVm {
  readonly name: string;
  /** Left out: one vCPU, and what the run has for all its guests. */
  readonly boot?: GuestBoot;
  /** Measured ones; each is asked at an address of its own. */
  readonly nics: readonly LabNic[];
}

/** A guest and where it is reached. */
export interface PlacedVm extends LabVm {
  /** Number of its first measured NIC among those of all guests. */
  readonly firstNic: number;
  /** Where its first measured NIC is asked. */
  readonly address: string;
  /** In the host namespace, on its loopback. */
  readonly shellPort: number;
  readonly accessLogPort: number;
  /** For the names of what belongs to it alone; empty where it is the only guest. */
  readonly suffix: string;
}

/** More would have a third of a CPU each on the smallest machine, and boot for minutes under emulation. */
export const MOST_VMS = 3;
/** The guest of a run that has no other. */
export const ONLY_VM = 'web1';

/**
 * @param models one for all guests, or one for each
 * @returns `web1`, or `vm0`, `vm1`, … where there are several
 */
export function vmsOf(count: number, models: readonly NicModel[]): LabVm[] {
  return Array.from({ length: count }, (_, index) => {
    const model = models[index] ?? models[0] ?? 'virtio-net-pci';
    return { name: count === 1 ? ONLY_VM : `vm${index}`, nics: [{ model, offloads: 'on' }] };
  });
}

/** Numbers the NICs of all guests through, and gives each guest its ports. */
export function placedVms(vms: readonly LabVm[]): PlacedVm[] {
  let next = 0;
  const placed = vms.map((vm, index): PlacedVm => {
    const firstNic = next;
    next += vm.nics.length;
    const suffix = vms.length === 1 ? '' : `-${vm.name}`;
    const { guestAddress: address } = measuredNic(firstNic);
    return { ...vm, firstNic, address, suffix, shellPort: shellPort(index), accessLogPort: accessLogPort(index) };
  });
  if (next > MOST_NICS) throw new Error(`a run has ${MOST_NICS} measured NICs at most, not ${next}`);
  return placed;
}

/** What several guests have to share, for people; null for one guest, which has the machine as it always had. */
export function sharingText(count: number, cpus = availableParallelism()): string | null {
  if (count === 1) return null;
  return (
    `${count} guests of 1 vCPU and ${MEMORY_MIB} MiB each share this machine's ${cpus} CPUs with the load, ` +
    'both sides of the tracer and the server: they slow each other down, and that shows'
  );
}

/**
 * Throws where the guests' memory is not there: swapping, or the kernel's killer, would end the run later.
 * @param meminfo text of `/proc/meminfo`
 */
export function checkMemory(count: number, meminfo: string): void {
  const freeMib = Math.floor(Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? Number.NaN) / 1024);
  const neededMib = count * MEMORY_MIB;
  if (count > 1 && freeMib < neededMib) {
    throw new LabError(
      `${count} guests need ${neededMib} MiB, and ${freeMib} MiB are free: ask for fewer with --vms, or free some.`,
    );
  }
}
