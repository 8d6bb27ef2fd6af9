/**
 * The words of the project as data: stations, layers and places, in the order
 * in which a request meets them. Everything that draws, joins or counts uses
 * these tables and no other list.
 */

export const STATIONS = [
  'nic.rx',
  'port.rx',
  'tap.tx',
  'vnic.rx',
  'tcp.rx',
  'sock.ready',
  'app.read',
  'app.write',
  'tcp.tx',
  'vnic.tx',
  'tap.rx',
  'port.tx',
  'nic.tx',
] as const;
export type Station = (typeof STATIONS)[number];

/** Slot i of a host record's `first`/`last` is this station. */
export const HOST_STATIONS = [
  'nic.rx',
  'port.rx',
  'tap.tx',
  'tap.rx',
  'port.tx',
  'nic.tx',
] as const satisfies readonly Station[];

/** Slot i of a guest record's `first`/`last` is this station. */
export const GUEST_STATIONS = [
  'vnic.rx',
  'tcp.rx',
  'sock.ready',
  'app.read',
  'app.write',
  'tcp.tx',
  'vnic.tx',
] as const satisfies readonly Station[];

export type Vantage = 'host' | 'guest';
export type Place = 'client' | 'host' | 'hypervisor' | 'guest' | 'service';

export interface LayerDefinition {
  readonly layer: string;
  readonly from: Station;
  readonly to: Station;
  readonly place: Place;
  /** `crosses` needs the clock between host and guest and carries a bound. */
  readonly clock: Vantage | 'crosses';
  /** Which side of an SLA the layer is on. */
  readonly direction: 'in' | 'turn' | 'out';
}

/**
 * The layers that telescope: of a complete path they add up exactly to
 * `nic.rx` (first request byte) → `nic.tx` (last response byte).
 * `transfer` runs from the first to the last response byte at `nic.tx`.
 */
export const LAYERS = [
  { layer: 'nic.in', from: 'nic.rx', to: 'port.rx', place: 'host', clock: 'host', direction: 'in' },
  { layer: 'switch.in', from: 'port.rx', to: 'tap.tx', place: 'hypervisor', clock: 'host', direction: 'in' },
  { layer: 'vnic.in', from: 'tap.tx', to: 'vnic.rx', place: 'hypervisor', clock: 'crosses', direction: 'in' },
  { layer: 'tcp.in', from: 'vnic.rx', to: 'sock.ready', place: 'guest', clock: 'guest', direction: 'in' },
  { layer: 'wait', from: 'sock.ready', to: 'app.read', place: 'guest', clock: 'guest', direction: 'in' },
  { layer: 'service', from: 'app.read', to: 'app.write', place: 'service', clock: 'guest', direction: 'turn' },
  { layer: 'tcp.out', from: 'app.write', to: 'vnic.tx', place: 'guest', clock: 'guest', direction: 'out' },
  { layer: 'vnic.out', from: 'vnic.tx', to: 'tap.rx', place: 'hypervisor', clock: 'crosses', direction: 'out' },
  { layer: 'switch.out', from: 'tap.rx', to: 'port.tx', place: 'hypervisor', clock: 'host', direction: 'out' },
  { layer: 'nic.out', from: 'port.tx', to: 'nic.tx', place: 'host', clock: 'host', direction: 'out' },
  { layer: 'transfer', from: 'nic.tx', to: 'nic.tx', place: 'host', clock: 'host', direction: 'out' },
] as const satisfies readonly LayerDefinition[];

/** A layer of the sum. */
export type SumLayer = (typeof LAYERS)[number]['layer'];

export interface DetailDefinition {
  readonly layer: string;
  /** The layer it is a part of; the two parts of a layer add up to it. */
  readonly of: SumLayer;
  readonly place: Place;
}

/**
 * Parts of a layer, for drill-down; not in the sum. `wait.run` is the time the
 * reader was runnable but had no CPU, `wait.busy` the rest: it slept, or was
 * busy with something else. `service.upstream` is known where the server's
 * access log can be read.
 */
export const DETAILS = [
  { layer: 'tcp.in.ip', of: 'tcp.in', place: 'guest' },
  { layer: 'tcp.in.tcp', of: 'tcp.in', place: 'guest' },
  { layer: 'wait.run', of: 'wait', place: 'guest' },
  { layer: 'wait.busy', of: 'wait', place: 'guest' },
  { layer: 'service.own', of: 'service', place: 'service' },
  { layer: 'service.upstream', of: 'service', place: 'service' },
  { layer: 'tcp.out.tcp', of: 'tcp.out', place: 'guest' },
  { layer: 'tcp.out.ip', of: 'tcp.out', place: 'guest' },
] as const satisfies readonly DetailDefinition[];

/** Estimated beside the sum: the client's round trip seen from the host NIC. */
export const CLIENT_LAYER = 'client';
export type LayerId = SumLayer | (typeof DETAILS)[number]['layer'] | typeof CLIENT_LAYER;
export const LAYER_IDS: readonly LayerId[] = [
  CLIENT_LAYER,
  ...LAYERS.map((l) => l.layer),
  ...DETAILS.map((l) => l.layer),
];

/** Index of a station in {@link STATIONS}; throws on a name that is not one. */
export function stationIndex(station: Station): number {
  const index = STATIONS.indexOf(station);
  if (index < 0) throw new Error(`no such station: ${station}`);
  return index;
}
