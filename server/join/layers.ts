import { LAYER_IDS, LAYERS, type LayerId, STATIONS, type Station, stationIndex } from '../wire/stations.ts';
import { isInGap } from './clock-method.ts';
import { LAYER_COUNT, type PathColumns, STATION_COUNT } from './paths.ts';

const CLIENT = LAYER_IDS.indexOf('client');
/** A client may hold an ACK back, 40 ms on Linux, for longer elsewhere: what comes later than this says nothing. */
export const HELD_BACK_NS = 30e6;
const NIC_RX = stationIndex('nic.rx');
const TAP_TX = stationIndex('tap.tx');
const VNIC_RX = stationIndex('vnic.rx');
const VNIC_TX = stationIndex('vnic.tx');
const TAP_RX = stationIndex('tap.rx');
const NIC_TX = stationIndex('nic.tx');

interface Step {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** How often the guest's offset enters: +1 into the guest, -1 out of it, 0 inside one clock. */
  readonly offset: -1 | 0 | 1;
  /** Whether the guest's clock has a part in it. */
  readonly guest: boolean;
}

/** `transfer` is not a step: it runs from a first to a last byte. */
const TRANSFER = LAYER_IDS.indexOf('transfer');
const STEPS: readonly Step[] = LAYERS.filter((l) => l.layer !== 'transfer').map((l) => ({
  at: LAYER_IDS.indexOf(l.layer),
  from: stationIndex(l.from),
  to: stationIndex(l.to),
  offset: l.clock !== 'crosses' ? 0 : l.direction === 'in' ? 1 : -1,
  guest: l.clock !== 'host',
}));

interface Part {
  /** The whole, and its two parts. */
  readonly whole: number;
  readonly first: number;
  readonly rest: number;
}

function part(whole: LayerId, first: LayerId, rest: LayerId): Part {
  return { whole: LAYER_IDS.indexOf(whole), first: LAYER_IDS.indexOf(first), rest: LAYER_IDS.indexOf(rest) };
}

const TCP_RX = stationIndex('tcp.rx');
const APP_WRITE = stationIndex('app.write');
const TCP_TX = stationIndex('tcp.tx');
const TCP_IN = part('tcp.in', 'tcp.in.ip', 'tcp.in.tcp');
const WAIT = part('wait', 'wait.run', 'wait.busy');
const SERVICE = part('service', 'service.upstream', 'service.own');
const TCP_OUT = part('tcp.out', 'tcp.out.tcp', 'tcp.out.ip');

/**
 * Fill `layers` and `endToEnd` of rows [from, to) in ns. All terms are whole
 * numbers, so the layers of a complete path add up to `endToEnd` exactly.
 * A missing station or clock leaves NaN; so does a negative value, which no
 * true path has, and all that the guest measured while a clock jumped.
 * @returns how many values were negative
 */
export function deriveLayers(columns: PathColumns, from: number, to: number): number {
  let negative = 0;
  for (let row = from; row < to; row++) negative += deriveRow(columns, row);
  return negative;
}

function deriveRow(columns: PathColumns, row: number): number {
  const { first, last, layers } = columns;
  const station = row * STATION_COUNT;
  const layer = row * LAYER_COUNT;
  const guestOffset = columns.guestOffset[row]!;
  const inGap = isInGap(columns, row);
  let negative = 0;
  for (const step of STEPS) {
    if (inGap && step.guest) {
      layers[layer + step.at] = Number.NaN;
      continue;
    }
    const own = first[station + step.to]! - first[station + step.from]!;
    const ns = step.offset === 0 ? own : own + step.offset * guestOffset;
    if (ns < 0) negative++;
    layers[layer + step.at] = ns < 0 ? Number.NaN : ns;
  }
  const end = last[station + NIC_TX]!;
  const transfer = end - first[station + NIC_TX]!;
  const endToEnd = end - first[station + NIC_RX]!;
  if (transfer < 0) negative++;
  if (endToEnd < 0) negative++;
  if (Number.isNaN(guestOffset) && vnicRoundTrip(columns, row) < 0) negative++;
  layers[layer + TRANSFER] = transfer < 0 ? Number.NaN : transfer;
  layers[layer + CLIENT] = clientRoundTrip(columns.clientRtt[row]!, columns.acked[row]!);
  columns.endToEnd[row] = endToEnd < 0 ? Number.NaN : endToEnd;
  deriveDetails(columns, row);
  return negative;
}

/**
 * The client's round trip as one exchange showed it, ns: its ACK of the last
 * response byte, unless it held that back; else the smallest round trip of the
 * connection. A queue on the way is in the first and not in the second.
 */
function clientRoundTrip(smallest: number, acked: number): number {
  const base = Number.isNaN(smallest) ? 0 : smallest;
  return acked - base < HELD_BACK_NS ? acked : smallest;
}

/** The parts of layers; the run delay and the upstream's share were measured apart, so neither may exceed the whole. */
function deriveDetails(columns: PathColumns, row: number): void {
  const { first } = columns;
  const station = row * STATION_COUNT;
  split(columns, row, TCP_IN, first[station + TCP_RX]! - first[station + VNIC_RX]!);
  split(columns, row, WAIT, columns.runDelay[row]!);
  split(columns, row, SERVICE, columns.upstream[row]!);
  split(columns, row, TCP_OUT, first[station + TCP_TX]! - first[station + APP_WRITE]!);
}

function split({ layers }: PathColumns, row: number, { whole, first, rest }: Part, ns: number): void {
  const at = row * LAYER_COUNT;
  const all = layers[at + whole]!;
  const share = ns > all ? all : ns;
  const known = share >= 0 && all >= 0;
  layers[at + first] = known ? share : Number.NaN;
  layers[at + rest] = known ? all - share : Number.NaN;
}

/**
 * vnic.in + vnic.out in ns: host window minus guest window, so no offset is needed.
 * NaN where a station is missing, or a clock jumped between them.
 */
export function vnicRoundTrip(columns: PathColumns, row: number): number {
  if (isInGap(columns, row)) return Number.NaN;
  const { first } = columns;
  const at = row * STATION_COUNT;
  return first[at + TAP_RX]! - first[at + TAP_TX]! - (first[at + VNIC_TX]! - first[at + VNIC_RX]!);
}

/** Stations without a first-byte stamp, in path order. */
export function missingStations(columns: PathColumns, row: number): Station[] {
  return STATIONS.filter((_, i) => Number.isNaN(columns.first[row * STATION_COUNT + i]!));
}

/** Whether all stations of both vantages are stamped. */
export function isComplete(columns: PathColumns, row: number): boolean {
  const at = row * STATION_COUNT;
  for (let i = 0; i < STATION_COUNT; i++) if (Number.isNaN(columns.first[at + i]!)) return false;
  return true;
}
