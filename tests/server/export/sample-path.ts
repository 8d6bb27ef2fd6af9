import { deriveLayers } from '../../../server/join/layers.ts';
import { KEY_BYTES, type PathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { CLASSES, FLAGS, HEAD_BYTES, PROTOCOLS } from '../../../server/wire/record.ts';
import { GUEST_STATIONS, STATIONS, type Station } from '../../../server/wire/stations.ts';

/** Nanoseconds after nic.rx at which the exchange of {@link addPath} passes each station, on the host's timeline. */
export const PASSED: Record<Station, number> = {
  'nic.rx': 0,
  'port.rx': 4_001,
  'tap.tx': 9_007,
  'vnic.rx': 131_008,
  'tcp.rx': 139_019,
  'sock.ready': 151_020,
  'app.read': 190_031,
  'app.write': 612_345,
  'tcp.tx': 630_001,
  'vnic.tx': 645_678,
  'tap.rx': 733_333,
  'port.tx': 740_002,
  'nic.tx': 744_444,
};
/** Last response byte at nic.tx, ns after nic.rx. */
export const LAST_NS = 777_777;
/** What has to be added to a guest time; the guest's clock is ahead of the host's. */
const GUEST_OFFSET = -5_000_000_123;

export interface PathSample {
  atMs?: number;
  head?: string;
  status?: number;
  missing?: Station[];
  protocol?: (typeof PROTOCOLS)[number];
  class?: (typeof CLASSES)[number];
  /** No clock between host and guest yet. */
  clockless?: boolean;
}

/** Append one exchange to real columns and derive its layers with the real code. */
export function addPath(columns: PathColumns, sample: PathSample = {}): void {
  const row = columns.count++;
  const startNs = 1_000_000_000 + row * 1_000_000;
  STATIONS.forEach((station, i) => {
    const guest = (GUEST_STATIONS as readonly string[]).includes(station);
    const at = startNs + PASSED[station] - (guest ? GUEST_OFFSET : 0);
    const stamp = sample.missing?.includes(station) ? Number.NaN : at;
    columns.first[row * STATION_COUNT + i] = stamp;
    columns.last[row * STATION_COUNT + i] = station === 'nic.tx' ? stamp - PASSED[station] + LAST_NS : stamp;
  });
  columns.atMs[row] = sample.atMs ?? 1_800_000_000_123.5;
  columns.guestOffset[row] = sample.clockless ? Number.NaN : GUEST_OFFSET;
  columns.bound[row] = sample.clockless ? Number.NaN : 2_500;
  columns.clientRtt[row] = 88_000;
  columns.acked[row] = 91_000;
  columns.retransmitsOut[row] = 2;
  columns.runDelay[row] = 20_000;
  columns.protocol[row] = PROTOCOLS.indexOf(sample.protocol ?? 'http/1');
  columns.class[row] = CLASSES.indexOf(sample.class ?? 'request');
  columns.requestBytes[row] = 140;
  columns.responseBytes[row] = 9_000;
  columns.flags[row] = FLAGS.ipv4 | FLAGS.retransmit;
  columns.status[row] = sample.status ?? 200;
  writeKey(columns.keys, row * KEY_BYTES);
  const head = new TextEncoder().encode(sample.head ?? 'GET /items/42');
  columns.heads.set(head, row * HEAD_BYTES);
  columns.headLength[row] = head.length;
  deriveLayers(columns, row, row + 1);
}

/** 10.0.0.7:40123 → 10.0.0.2:80 */
function writeKey(keys: Uint8Array, at: number): void {
  const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];
  keys.set([...mapped, 10, 0, 0, 7, ...mapped, 10, 0, 0, 2], at);
  const ports = new DataView(keys.buffer, keys.byteOffset + at + 32, 4);
  ports.setUint16(0, 40_123, true);
  ports.setUint16(2, 80, true);
}
