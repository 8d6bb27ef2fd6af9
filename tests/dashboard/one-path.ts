import { HOST_STATIONS, LAYER_IDS, LAYERS, STATIONS, type Station } from '../../server/wire/stations.ts';
import type { PathView } from '../../server/wire/views.ts';

/** Station i at i × 1,000 ns; the last byte leaves 500 ns after the first. */
export const AT = new Map(STATIONS.map((station, i) => [station, i * 1_000]));
const PARTS: Record<string, number> = { 'wait.run': 300, 'wait.busy': 700, 'tcp.in.ip': 1_000, 'tcp.in.tcp': 1_000 };

/** One path as the API tells it, all stations stamped but these. */
export function onePath(without: readonly Station[] = [], clock: PathView['clock']['method'] = 'causality'): PathView {
  const stamp = (station: Station) => (without.includes(station) ? null : AT.get(station)!);
  const layers = LAYER_IDS.map((layer) => {
    const definition = LAYERS.find((l) => l.layer === layer);
    if (definition === undefined) return { layer, of: null, ns: PARTS[layer] ?? null, boundNs: 0 };
    if (layer === 'transfer') return { layer, of: null, ns: 500, boundNs: 0 };
    const [from, to] = [stamp(definition.from), stamp(definition.to)];
    return { layer, of: null, ns: from === null || to === null ? null : to - from, boundNs: 0 };
  });
  const stations = STATIONS.map((station) => {
    const firstNs = stamp(station);
    const vantage = (HOST_STATIONS as readonly Station[]).includes(station) ? ('host' as const) : ('guest' as const);
    return { station, vantage, firstNs, lastNs: firstNs === null ? null : firstNs + 500 };
  });
  return {
    ...{ id: 'r1.7', run: 'r1', vm: 'web1', atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), requestSeq: 1 },
    ...{ client: { address: '10.0.0.1', port: 40_000 }, server: { address: '10.0.0.2', port: 80 } },
    ...{ method: 'GET', path: '/a?b="c",d', status: 200, requestBytes: 42, responseBytes: 500, flags: [] },
    ...{ class: 'request', protocol: 'http/1', clientRttNs: 4_000, complete: without.length === 0 },
    tcp: { ackedNs: 9_000, connectNs: null, synRetries: null, retransmitsIn: 0, retransmitsOut: 0, zeroWindows: 0 },
    ...{ endToEndNs: 12_500, boundNs: 250, clock: { method: clock, offsetNs: 0, boundNs: 250 } },
    ...{ layers, stations, missing: clock === 'causality' ? [...without] : [] },
  };
}
