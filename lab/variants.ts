/** What is compared: the ways in which the same guest is asked, or guests that are booted in another way each. */
import type { KernelVersion } from './guest-kernel.ts';
import type { GuestBoot } from './lab-vm.ts';
import { measuredNic } from './network.ts';
import type { LabNic, NicModel, Offloads } from './nic-models.ts';
import type { Accelerator } from './qemu.ts';

/** All values of everything that can be varied; one has several, the others one, or the NICs and their offloads both. */
export interface Axes {
  readonly nics: readonly NicModel[];
  readonly offloads: readonly Offloads[];
  readonly vcpus: readonly number[];
  readonly kernels: readonly KernelVersion[];
  readonly accels: readonly ('auto' | Accelerator)[];
}

export interface Variant {
  /** Of its run and its files; no two have the same. */
  name: string;
  nic: LabNic;
  boot: GuestBoot;
  /** Where the guest is asked by it. */
  address: string;
}

/** Whether each variant needs a guest of its own: nothing but a NIC can be there twice in one. */
export function needsBoots({ vcpus, kernels, accels }: Axes): boolean {
  return Math.max(vcpus.length, kernels.length, accels.length) > 1;
}

/** Every value of what is varied; what comes several times is lettered. */
export function variantsOf(axes: Axes): Variant[] {
  return needsBoots(axes) ? bootVariants(axes) : nicVariants(axes);
}

function nicVariants({ nics: models, offloads: settings, ...axes }: Axes): Variant[] {
  const nics = models.flatMap((model) => settings.map((offloads): LabNic => ({ model, offloads })));
  const names = nics.map(({ model, offloads }) => (settings.length > 1 ? `${model}-offloads-${offloads}` : model));
  const [boot] = bootsOf(axes) as [GuestBoot];
  return nics.map((nic, index) => {
    return { name: apart(names, index), nic, boot, address: measuredNic(index).guestAddress };
  });
}

function bootVariants({ nics, offloads, ...axes }: Axes): Variant[] {
  const nic: LabNic = { model: nics[0]!, offloads: offloads[0]! };
  const boots = bootsOf(axes);
  const names = boots.map(({ vcpus, kernel, accel }) => {
    if (axes.vcpus.length > 1) return `vcpus-${vcpus}`;
    return axes.kernels.length > 1 ? `kernel-${kernel}` : `accel-${accel}`;
  });
  return boots.map((boot, index) => {
    return { name: apart(names, index), nic, boot, address: measuredNic(index).guestAddress };
  });
}

function bootsOf({ vcpus, kernels, accels }: Pick<Axes, 'vcpus' | 'kernels' | 'accels'>): GuestBoot[] {
  return vcpus.flatMap((n) => kernels.flatMap((kernel) => accels.map((accel) => ({ vcpus: n, kernel, accel }))));
}

function apart(names: readonly string[], index: number): string {
  const name = names[index]!;
  if (names.indexOf(name) === names.lastIndexOf(name)) return name;
  const before = names.slice(0, index).filter((other) => other === name).length;
  return `${name}-${String.fromCharCode(65 + before)}`;
}
