/** What is known about each layer at this moment, for the path and the table alike. Pure. */

import type { AgentView } from '../server/wire/machine-views.ts';
import {
  DETAILS,
  LAYER_IDS,
  LAYERS,
  type LayerId,
  type Place,
  type Station,
  type Vantage,
} from '../server/wire/stations.ts';
import type { Health, LayerRow } from '../server/wire/views.ts';
import { shares } from './series.ts';

export interface LayerFacts {
  layer: LayerId;
  /** The layer that it is a part of; null for those of the sum and for the client. */
  of: LayerId | null;
  place: Place;
  /** In plain words, where from and where to. */
  span: string;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  mean: number | null;
  /** Share of the mean end-to-end time; null for the client, which is beside the sum. */
  share: number | null;
  /** ± of a layer that crosses clocks; null where unknown; 0 where one clock tells both ends. */
  boundNs: number | null;
  /** Why there is no value; null where there is one. */
  missing: Absence | null;
  /** ns per request of all our programs that run on this layer's side: no more than that of it is ours. */
  oursNs: number | null;
}

/** Why a number is not there: in a word or two, and in a sentence. */
export interface Absence {
  brief: string;
  reason: string;
  /** Nothing is wrong: there was nothing to measure. */
  idle: boolean;
}

export const PLACE_NAMES: Record<Place, string> = {
  client: 'External',
  host: 'Host',
  hypervisor: 'Hypervisor',
  guest: 'VM',
  service: 'Service',
};

/** The one that measures the VM: guests are known by their host name; where none is, any may be meant. */
export function agentsOf(health: Pick<Health, 'agents'>, vm: string): AgentView[] {
  const named = health.agents.some((a) => a.role === 'guest' && a.hostname === vm);
  return health.agents.filter((a) => a.role === 'host' || !named || a.hostname === vm);
}

/**
 * Facts of `vm` along LAYER_IDS; `row` is null when the last seconds saw nothing, `boundNs` before there was a clock.
 * @param isRecording no agent is there, and none is missing
 */
export function layerFacts(
  row: LayerRow | null,
  health: Health,
  vm: string,
  boundNs: number | null,
  isRecording = false,
): LayerFacts[] {
  const parts = row === null ? [] : shares(row);
  const agents = agentsOf(health, vm);
  return LAYER_IDS.map((layer, i) => {
    const definition = definitionOf(layer);
    const p50 = row?.p50[i] ?? null;
    return {
      ...definition,
      p50,
      p90: row?.p90[i] ?? null,
      p99: row?.p99[i] ?? null,
      mean: row?.mean[i] ?? null,
      share: parts[i] ?? null,
      boundNs: definition.sides.length === 2 ? boundNs : 0,
      missing: p50 !== null ? null : isRecording ? NOT_SEEN : absence(definition, agents, boundNs),
      oursNs: oursNs(definition, health),
    };
  });
}

type Definition = Pick<LayerFacts, 'layer' | 'of' | 'place' | 'span'> & {
  /** The clocks that tell its two ends. */
  sides: readonly Vantage[];
  stations: readonly Station[];
};

const DETAIL_SPANS: Record<(typeof DETAILS)[number]['layer'], { span: string; stations: readonly Station[] }> = {
  'tcp.in.ip': { span: 'vnic.rx → tcp.rx: IP and netfilter', stations: ['vnic.rx', 'tcp.rx'] },
  'tcp.in.tcp': { span: 'tcp.rx → sock.ready: TCP', stations: ['tcp.rx', 'sock.ready'] },
  'wait.run': { span: 'the reader could run, but had no CPU', stations: ['sock.ready', 'app.read'] },
  'wait.busy': { span: 'the reader slept, or was busy with something else', stations: ['sock.ready', 'app.read'] },
  'service.own': { span: 'the server’s own part', stations: ['app.read', 'app.write'] },
  'service.upstream': { span: 'waiting for the upstream, from the access log', stations: ['app.read', 'app.write'] },
  'tcp.out.tcp': { span: 'app.write → tcp.tx: TCP', stations: ['app.write', 'tcp.tx'] },
  'tcp.out.ip': { span: 'tcp.tx → vnic.tx: IP, netfilter, qdisc', stations: ['tcp.tx', 'vnic.tx'] },
};

const DEFINITIONS = new Map<LayerId, Definition>([
  ...LAYERS.map(({ layer, from, to, place, clock }): [LayerId, Definition] => {
    const span = layer === 'transfer' ? 'first to last response byte at nic.tx' : `${from} → ${to}`;
    const sides: Vantage[] = clock === 'crosses' ? ['host', 'guest'] : [clock];
    return [layer, { layer, of: null, place, span, sides, stations: [from, to] }];
  }),
  ...DETAILS.map(({ layer, of, place }): [LayerId, Definition] => [
    layer,
    { layer, of, place, sides: ['guest'], ...DETAIL_SPANS[layer] },
  ]),
]);
const CLIENT: Definition = {
  layer: 'client',
  of: null,
  place: 'client',
  span: 'estimated round trip to the client',
  sides: ['host'],
  stations: [],
};

function definitionOf(layer: LayerId): Definition {
  return DEFINITIONS.get(layer) ?? CLIENT;
}

/** In plain words, where a layer runs from and to. */
export function spanOf(layer: LayerId): string {
  return definitionOf(layer).span;
}

/** Stations that no probe serves, with the reason, each once. */
export function missingStations(agents: readonly AgentView[]): {
  station: Station;
  vantage: Vantage;
  reason: string;
}[] {
  const missing = agents.flatMap((agent) =>
    agent.stations
      .filter((s) => s.probe === null)
      .map(({ station, reason }) => ({ station, vantage: agent.role, reason: reason || 'no reason given' })),
  );
  return missing.filter((m, i) => missing.findIndex((other) => other.station === m.station) === i);
}

const NOT_SEEN: Absence = { brief: 'not seen', reason: 'not measured in that time', idle: true };

/** The first cause that applies, from the far end of the pipeline to the near one. */
function absence({ sides, stations }: Definition, agents: readonly AgentView[], boundNs: number | null): Absence {
  const away = sides.find((side) => !agents.some((a) => a.role === side && a.connected));
  if (away !== undefined) return { brief: `no ${away} agent`, reason: `no ${away} agent is connected`, idle: false };
  const lost = missingStations(agents).find((m) => stations.includes(m.station));
  if (lost !== undefined) {
    const reason = `station ${lost.station} is missing: ${lost.reason}`;
    return { brief: `no ${lost.station}`, reason, idle: false };
  }
  if (sides.length === 2 && boundNs === null) {
    return { brief: 'no clock', reason: 'no clock between host and guest yet', idle: false };
  }
  return NOT_SEEN;
}

/** The programs of both sides run within a layer that crosses; none runs at the client. */
function oursNs({ layer, sides }: Definition, { selfCost }: Health): number | null {
  if (layer === CLIENT.layer) return null;
  const costs = sides.map((side) => (side === 'host' ? selfCost.hostNsPerRequest : selfCost.guestNsPerRequest));
  return costs.some((ns) => ns === null) ? null : costs.reduce<number>((sum, ns) => sum + ns!, 0);
}
