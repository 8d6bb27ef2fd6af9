/**
 * Which time of a request an objective is about: end to end, one layer, or all
 * that one side of the contract answers for. Nothing but an objective needs the sides.
 */
import { vnicRoundTrip } from '../join/layers.ts';
import { LAYER_COUNT, type PathColumns } from '../join/paths.ts';
import { CLIENT_LAYER, LAYER_IDS, LAYERS, type LayerId } from '../wire/stations.ts';

export const SIDES = ['platform', 'tenant'] as const;
export type Side = (typeof SIDES)[number];

/** Sums of layers that people ask for; `vnic` needs no clock, its two layers do. */
const SUMS = {
  nic: ['nic.in', 'nic.out'],
  vswitch: ['switch.in', 'switch.out'],
  vnic: 'round trip',
  tcp: ['tcp.in', 'tcp.out'],
  nginx: ['service.own'],
  app: ['service.upstream'],
} as const satisfies Record<string, readonly LayerId[] | 'round trip'>;
type SumName = keyof typeof SUMS;

const OF_SIDE: Record<Side, readonly (SumName | LayerId)[]> = {
  platform: ['nic', 'vswitch', 'vnic'],
  tenant: ['tcp', 'wait', 'service'],
};

export type TimeName = 'end-to-end' | Side | SumName | Exclude<LayerId, typeof CLIENT_LAYER>;

/** Every time an objective may be about. */
export const TIME_NAMES: readonly TimeName[] = [
  'end-to-end',
  ...SIDES,
  ...(Object.keys(SUMS) as SumName[]),
  ...LAYER_IDS.filter((id) => id !== CLIENT_LAYER),
];

/** Which side answers for a layer of the sum; `transfer` depends on the client's line as well, so nobody does alone. */
export function sideOf(layer: LayerId): Side | null {
  const place = LAYERS.find((one) => one.layer === layer)?.place;
  if (place === undefined || layer === 'transfer') return null;
  return place === 'guest' || place === 'service' ? 'tenant' : 'platform';
}

/** @returns a function that gives that time of a row whose layers are derived, ns; NaN where it was not measured */
export function timeOf(name: TimeName): (columns: PathColumns, row: number) => number {
  if (name === 'end-to-end') return ({ endToEnd }, row) => endToEnd[row]!;
  if (name === 'platform' || name === 'tenant') return sumOf(OF_SIDE[name].map(partOf));
  return partOf(name);
}

function partOf(name: SumName | LayerId): (columns: PathColumns, row: number) => number {
  if (!(name in SUMS)) return layerOf(name as LayerId);
  const layers = SUMS[name as SumName];
  if (layers === 'round trip') return (columns, row) => notNegative(vnicRoundTrip(columns, row));
  return sumOf(layers.map(layerOf));
}

/** A negative one is a fault that deriveLayers has counted: it was not measured. */
function notNegative(ns: number): number {
  return ns < 0 ? Number.NaN : ns;
}

function layerOf(layer: LayerId): (columns: PathColumns, row: number) => number {
  const index = LAYER_IDS.indexOf(layer);
  return ({ layers }, row) => layers[row * LAYER_COUNT + index]!;
}

function sumOf(
  parts: readonly ((columns: PathColumns, row: number) => number)[],
): (columns: PathColumns, row: number) => number {
  return (columns, row) => parts.reduce((sum, part) => sum + part(columns, row), 0);
}
