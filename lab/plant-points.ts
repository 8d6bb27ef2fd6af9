/** Where on the path a delay can be planted, layer by layer, so that exactly one layer grows. */
import type { HoldPoint } from './hold-loader.ts';
import { TAP, UPLINK } from './network.ts';

export interface PlantPoint {
  side: 'host' | 'guest';
  point: HoldPoint;
  /** For people: what is held where. */
  how: string;
}

const ARM = process.arch === 'arm64';
const RECVFROM = ARM ? 207 : 45;
const OPENAT = ARM ? 56 : 257;
const SERVICE_PROCESS = 'nginx';
/** The measured NIC's name in the guest (its driver is loaded first). */
const GUEST_NIC = 'eth0';

function at(
  side: PlantPoint['side'],
  device: string,
  hook: 'ingress' | 'egress',
  order: 'first' | 'last',
  how: string,
): PlantPoint {
  return { side, point: { device, hook, order }, how };
}

export const PLANT_POINTS = {
  'nic.in': at('host', UPLINK, 'ingress', 'first', 'the uplink, behind XDP and before the port'),
  'switch.in': at('host', UPLINK, 'ingress', 'last', 'the way into the bridge, behind its port'),
  'vnic.in': at('host', TAP, 'egress', 'last', 'the tap, before its queue'),
  'tcp.in': at('guest', GUEST_NIC, 'ingress', 'last', 'the guest, behind its driver and before IP'),
  wait: {
    side: 'guest',
    point: { process: SERVICE_PROCESS, syscall: RECVFROM, until: 'exit' },
    how: 'the service, before it reads its socket',
  },
  service: {
    side: 'guest',
    point: { process: SERVICE_PROCESS, syscall: OPENAT, until: 'next call' },
    how: 'the service, before it opens the file it answers with',
  },
  'tcp.out': at('guest', GUEST_NIC, 'egress', 'last', 'the guest, behind IP and before its queue'),
  'vnic.out': at('host', TAP, 'ingress', 'first', 'what the hypervisor wrote to the tap, before the port'),
  'switch.out': at('host', TAP, 'ingress', 'last', 'the way into the bridge, behind the port'),
  'nic.out': at('host', UPLINK, 'egress', 'last', 'the uplink, behind the port and before its driver'),
} as const satisfies Record<string, PlantPoint>;

export type PlantLayer = keyof typeof PLANT_POINTS;
export const PLANT_LAYERS = Object.keys(PLANT_POINTS) as PlantLayer[];

/** What there is no point for, and why. */
export const CANNOT_BE_PLANTED: Record<string, string> = {
  client: 'estimated beside the sum, as the smallest round trip of a connection: a passing delay does not move it',
  transfer: 'the time between two segments of one response: a held segment is late everywhere behind it too',
};

export function isPlantLayer(name: string): name is PlantLayer {
  return Object.hasOwn(PLANT_POINTS, name);
}
