/** What is known about each layer at this moment, for the path and the table alike. Pure. */
import { LAYER_IDS, LAYERS, type LayerId, type Place, type Station, type Vantage } from '../server/wire/stations.ts';
import type { Health, LayerRow } from '../server/wire/views.ts';
import { shares } from './series.ts';

export interface LayerFacts {
  layer: LayerId;
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
  /** Why there is no value; empty where there is one. */
  missing: string;
}

export const PLACE_NAMES: Record<Place, string> = {
  client: 'External',
  host: 'Host',
  hypervisor: 'Hypervisor',
  guest: 'VM',
  service: 'Service',
};

/** Facts along LAYER_IDS; `row` is null when the last seconds saw nothing. */
export function layerFacts(row: LayerRow | null, health: Health): LayerFacts[] {
  const parts = row === null ? [] : shares(row);
  return LAYER_IDS.map((layer, i) => {
    const definition = LAYERS.find((l) => l.layer === layer);
    const p50 = row?.p50[i] ?? null;
    return {
      layer,
      place: definition?.place ?? 'client',
      span: definition === undefined ? 'estimated round trip to the client' : spanOf(definition),
      p50,
      p90: row?.p90[i] ?? null,
      p99: row?.p99[i] ?? null,
      mean: row?.mean[i] ?? null,
      share: parts[i] ?? null,
      boundNs: definition?.clock === 'crosses' ? health.clock.boundNs : 0,
      missing: p50 === null ? missingReason(layer, health) : '',
    };
  });
}

function spanOf({ layer, from, to }: (typeof LAYERS)[number]): string {
  return layer === 'transfer' ? 'first to last response byte at nic.tx' : `${from} → ${to}`;
}

/** Stations that no probe serves, with the reason, each once. */
export function missingStations(health: Health): { station: Station; vantage: Vantage; reason: string }[] {
  const missing = health.agents.flatMap((agent) =>
    agent.stations
      .filter((s) => s.probe === null)
      .map(({ station, reason }) => ({ station, vantage: agent.role, reason: reason || 'no reason given' })),
  );
  return missing.filter((m, i) => missing.findIndex((other) => other.station === m.station) === i);
}

/** The first cause that applies, from the far end of the pipeline to the near one. */
function missingReason(layer: LayerId, health: Health): string {
  const definition = LAYERS.find((l) => l.layer === layer);
  const vantages: Vantage[] =
    definition === undefined ? ['host'] : definition.clock === 'crosses' ? ['host', 'guest'] : [definition.clock];
  for (const vantage of vantages) {
    if (!health.agents.some((a) => a.role === vantage && a.connected)) return `no ${vantage} agent is connected`;
  }
  const ends: Station[] = definition === undefined ? [] : [definition.from, definition.to];
  const lost = missingStations(health).find((m) => ends.includes(m.station));
  if (lost !== undefined) return `station ${lost.station} is missing: ${lost.reason}`;
  if (definition?.clock === 'crosses' && health.clock.boundNs === null) return 'no clock between host and guest yet';
  return 'not measured in the last 10 s';
}
