/** One request as bars on the host's timeline. Pure. */
import { LAYERS, type LayerId, type Station } from '../server/wire/stations.ts';
import type { PathView } from '../server/wire/views.ts';

export interface Bar {
  layer: LayerId;
  /** The layer that it is a part of; null for those of the sum. */
  of: LayerId | null;
  /** null where it was not measured. */
  ns: number | null;
  /** ± of a layer that crosses clocks; null where unknown; 0 where one clock tells both ends. */
  boundNs: number | null;
  /** On the timeline, ns after its zero; null where it cannot be placed. */
  fromNs: number | null;
  toNs: number | null;
  /** `within`: it lies somewhere between the two; how long it is, `ns` says, if that is known. */
  place: 'exact' | 'within';
  /** Stations that were not stamped and would have told it. */
  missing: Station[];
}

export interface Waterfall {
  bars: Bar[];
  /** Length of the timeline. */
  endNs: number;
  /** Why guest times stand in no exact place; empty where they do. */
  unplaced: string;
}

type Stamps = ReadonlyMap<Station, number>;
type Part = { layer: LayerId; of: LayerId; span(at: Stamps, ns: number): [number, number] | null };

const between =
  (from: Station, to: Station) =>
  (at: Stamps): [number, number] | null =>
    pair(at.get(from), at.get(to));

/** Where the parts of layers lie. The reader's run delay ends when it reads; where in the service the upstream was waited for is not known. */
const PARTS: readonly Part[] = [
  { layer: 'tcp.in.ip', of: 'tcp.in', span: between('vnic.rx', 'tcp.rx') },
  { layer: 'tcp.in.tcp', of: 'tcp.in', span: between('tcp.rx', 'sock.ready') },
  { layer: 'wait.busy', of: 'wait', span: (at, ns) => from(at.get('sock.ready'), ns) },
  { layer: 'wait.run', of: 'wait', span: (at, ns) => from(minus(at.get('app.read'), ns), ns) },
  { layer: 'service.upstream', of: 'service', span: between('app.read', 'app.write') },
  { layer: 'service.own', of: 'service', span: between('app.read', 'app.write') },
  { layer: 'tcp.out.tcp', of: 'tcp.out', span: between('app.write', 'tcp.tx') },
  { layer: 'tcp.out.ip', of: 'tcp.out', span: between('tcp.tx', 'vnic.tx') },
];
const SOMEWHERE: readonly LayerId[] = ['service.upstream', 'service.own'];

function pair(from: number | undefined, to: number | undefined): [number, number] | null {
  return from === undefined || to === undefined ? null : [from, to];
}

function from(start: number | undefined, ns: number): [number, number] | null {
  return start === undefined ? null : [start, start + ns];
}

function minus(end: number | undefined, ns: number): number | undefined {
  return end === undefined ? undefined : end - ns;
}

/** Layers in the order of the path, each followed by those of its parts that were measured. */
export function waterfall(path: PathView): Waterfall {
  const at = new Map(path.stations.flatMap((s) => (s.firstNs === null ? [] : [[s.station, s.firstNs] as const])));
  const endNs = Math.max(path.endToEndNs ?? 0, ...path.stations.map((s) => s.lastNs ?? 0));
  const nsOf = (layer: LayerId) => path.layers.find((l) => l.layer === layer)?.ns ?? null;
  const bars = LAYERS.flatMap((definition) => {
    const parts = PARTS.filter((part) => part.of === definition.layer && nsOf(part.layer) !== null);
    return [layerBar(path, definition, at, nsOf), ...parts.map((part) => partBar(part, at, nsOf(part.layer)!))];
  });
  return { bars, endNs, unplaced: unplacedReason(path) };
}

type Layer = (typeof LAYERS)[number];

function layerBar(path: PathView, definition: Layer, at: Stamps, nsOf: (layer: LayerId) => number | null): Bar {
  const { layer, from: start, to: end, clock } = definition;
  const missing = [start, end].filter((station) => path.missing.includes(station));
  const span = layer === 'transfer' ? lastBytes(path) : pair(at.get(start), at.get(end));
  const around = span ?? surroundings(path, definition, at);
  return {
    layer,
    of: null,
    ns: nsOf(layer),
    boundNs: clock === 'crosses' ? path.boundNs : 0,
    fromNs: around?.[0] ?? null,
    toNs: around?.[1] ?? null,
    place: span === null ? 'within' : 'exact',
    missing: layer === 'transfer' ? missing.slice(0, 1) : missing,
  };
}

function partBar({ layer, of, span }: Part, at: Stamps, ns: number): Bar {
  const [fromNs, toNs] = span(at, ns) ?? [null, null];
  const place = SOMEWHERE.includes(layer) || fromNs === null ? 'within' : 'exact';
  return { layer, of, ns, boundNs: 0, fromNs, toNs, place, missing: [] };
}

function lastBytes({ stations }: PathView): [number, number] | null {
  const end = stations.find((s) => s.station === 'nic.tx');
  return end?.firstNs == null || end.lastNs === null ? null : [end.firstNs, end.lastNs];
}

/** The nearest stations before and after a layer that have a place on the timeline. */
function surroundings({ stations }: PathView, { from: start, to: end }: Layer, at: Stamps): [number, number] | null {
  const order = stations.map((s) => s.station);
  const before = order.slice(0, order.indexOf(start) + 1).findLast((s) => at.has(s));
  const after = order.slice(order.indexOf(end)).find((s) => at.has(s));
  return before === undefined || after === undefined ? null : pair(at.get(before), at.get(after));
}

function unplacedReason({ clock, stations }: PathView): string {
  if (stations.some((s) => s.vantage === 'guest' && s.firstNs !== null)) return '';
  if (clock.method === 'gap')
    return 'a clock stepped within this request, so no guest time has a place on the host’s timeline';
  if (clock.method === 'none') return 'there was no clock between host and guest yet';
  return 'no guest station was stamped';
}
