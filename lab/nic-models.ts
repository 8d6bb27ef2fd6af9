/** The network cards a guest of the lab can be given: QEMU's device, the guest's driver. */
export const NIC_MODELS = {
  'virtio-net-pci': { modules: ['virtio_net'], driver: 'virtio_net', offloadHeader: true },
  e1000: { modules: ['e1000'], driver: 'e1000', offloadHeader: false },
  e1000e: { modules: ['e1000e'], driver: 'e1000e', offloadHeader: true },
  rtl8139: { modules: ['8139cp', '8139too'], driver: '8139cp', offloadHeader: false },
  pcnet: { modules: ['pcnet32'], driver: 'pcnet32', offloadHeader: false },
  vmxnet3: { modules: ['vmxnet3'], driver: 'vmxnet3', offloadHeader: true },
} as const satisfies Record<string, { modules: string[]; driver: string; offloadHeader: boolean }>;

export type NicModel = keyof typeof NIC_MODELS;

export type Offloads = 'on' | 'off';

/** A network card of a guest, and how the guest sets it up. */
export interface LabNic {
  readonly model: NicModel;
  /** `on`: what its driver turns on by itself; `off`: nothing that can be turned off. */
  readonly offloads: Offloads;
}

export function isNicModel(name: string): name is NicModel {
  return Object.hasOwn(NIC_MODELS, name);
}
