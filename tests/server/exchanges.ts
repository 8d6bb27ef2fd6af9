/** Exchanges as two real kernels would report them: a host's record and a guest's, each in its own clock. */

import { FRAME_HEADER_BYTES, PROTOCOL_VERSION, writeFrameHeader } from '../../server/wire/frame.ts';
import type { AgentStats, ClockReading, Hello, Provenance, VmsMessage } from '../../server/wire/messages.ts';
import { RECORD_BYTES } from '../../server/wire/record.ts';
import type { Vantage } from '../../server/wire/stations.ts';
import { concatRecords, encodeRecord, mappedAddress, type RecordFields } from './wire/encode-record.ts';

/** What the two machines' CLOCK_MONOTONIC show at the same moment. */
export const GUEST_AHEAD_NS = -7_654_321_987n;

/** ns after nic.rx, on the host's timeline; station for station of HOST_STATIONS and GUEST_STATIONS. */
export const HOST_AT = [0, 3_000, 9_000, 700_000, 706_000, 709_000];
export const GUEST_AT = [120_000, 125_000, 160_000, 190_000, 500_000, 520_000, 540_000];
/** Last response byte at nic.tx. */
export const END_NS = 712_345;

export interface ExchangeOptions {
  /** Host's CLOCK_MONOTONIC at nic.rx. */
  atNs: bigint;
  port?: number;
  /** Longer in the service, ns. */
  slowerNs?: number;
  /** Instead of {@link HOST_AT} and {@link GUEST_AT}. */
  hostAt?: readonly number[];
  guestAt?: readonly number[];
  ifindex?: number;
  status?: number;
  head?: string;
  /** Of the host's record beside what every exchange has. */
  host?: Partial<RecordFields>;
}

/** Both records of one exchange; `requestSeq` tells exchanges of a connection apart. */
export function exchange(requestSeq: number, options: ExchangeOptions): { host: Uint8Array; guest: Uint8Array } {
  const { atNs, slowerNs = 0, ifindex = 12, status = 200, head = 'GET /index.html', port = 40_000 } = options;
  const { hostAt = HOST_AT, guestAt = GUEST_AT } = options;
  const common = { requestSeq, clientPort: port, serverPort: 80, requestBytes: 80, responseBytes: 615 };
  const addresses = { client: mappedAddress(10, 9, 0, 2), server: mappedAddress(10, 9, 0, 3) };
  const later = (ns: number, back: boolean) => BigInt(back ? ns + slowerNs : ns);
  const hostFirst = hostAt.map((ns, i) => atNs + later(ns, i >= 3));
  const guestFirst = guestAt.map((ns, i) => atNs + GUEST_AHEAD_NS + later(ns, i >= 4));
  const hostLast = hostFirst.with(5, atNs + later(hostAt[5]! + END_NS - HOST_AT[5]!, true));
  return {
    host: encodeRecord({
      ...common,
      ...addresses,
      vantage: 'host',
      first: hostFirst,
      last: hostLast,
      ifindex,
      rttNs: 50_000,
      ...options.host,
    }),
    guest: encodeRecord({ ...common, ...addresses, vantage: 'guest', first: guestFirst, status, head, task: 321 }),
  };
}

/** `count` exchanges `everyNs` apart, the last one just before `untilNs`. */
export function exchanges(count: number, untilNs: bigint, options: Partial<ExchangeOptions> = {}, firstSeq = 1) {
  const everyNs = 2_000_000n;
  const pairs = Array.from({ length: count }, (_, i) =>
    exchange(firstSeq + i, { atNs: untilNs - BigInt(count - i) * everyNs, ...options }),
  );
  return { host: pairs.map((p) => p.host), guest: pairs.map((p) => p.guest) };
}

/** One frame of records, as an agent writes it. */
export function frame(sequence: number, records: readonly Uint8Array[], sentNs = 1n): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + records.length * RECORD_BYTES);
  bytes.set(concatRecords(records), FRAME_HEADER_BYTES);
  writeFrameHeader(bytes, { sequence, count: records.length, lost: 0n, sentNs });
  return bytes;
}

export const PROVENANCE: Provenance = {
  hostname: 'web1',
  kernel: '6.1.0-41-amd64',
  arch: 'x64',
  cpus: 1,
  memoryBytes: 536_870_912,
  clocksource: 'tsc',
  vswitch: '',
  nic: 'enp0s2',
  nicModel: '',
  driver: 'virtio_net',
  queues: 1,
  offloads: { tso: true },
  hypervisor: 'unknown',
  accelerator: '',
  approach: 'full',
  nicApproach: 'paravirtual',
  service: 'nginx/1.22.1',
};

/** CLOCK_MONOTONIC of the host in these tests: the process's own, which is one. */
export function hostNowNs(): bigint {
  return process.hrtime.bigint();
}

/** A hello of a machine that booted a while ago, its two clocks read now. */
export function hello(role: Vantage, token: string, changes: Partial<Hello> = {}): Hello {
  const monotonicNs = hostNowNs() + (role === 'guest' ? GUEST_AHEAD_NS : 0n);
  return {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    token,
    role,
    agentId: `${role}-agent`,
    bootId: `${role}-boot`,
    version: '0.1.0',
    ports: [80],
    stations: [],
    provenance: { ...PROVENANCE, hostname: role === 'host' ? 'hv1' : 'web1' },
    clock: { monotonicNs: String(monotonicNs), realtimeNs: String(BigInt(Date.now()) * 1_000_000n) },
    ...changes,
  };
}

/** What a host agent says of its VM: the tap of {@link exchange}'s default ifindex. */
export const VMS: VmsMessage = {
  type: 'vms',
  vms: [
    {
      name: 'shop',
      pid: 4242,
      tap: 'tap0',
      ifindex: 12,
      bridge: 'br0',
      nicModel: 'virtio-net-pci',
      accelerator: 'tcg',
      vcpus: 1,
    },
  ],
};

/** A machine that was never suspended and whose clock NTP never touched. */
export function clocksAt(monotonicNs: bigint, realtimeNs: bigint): ClockReading {
  const ns = String(monotonicNs);
  return { monotonicNs: ns, realtimeNs: String(realtimeNs), boottimeNs: ns, rawNs: ns, withinNs: 1_000 };
}

export function stats(changes: Partial<AgentStats> = {}): AgentStats {
  return {
    type: 'stats',
    records: 0,
    drops: { 'ring.full': 0, 'uplink.buffer': 0 },
    counters: { reconnects: 0 },
    bpfNs: 0,
    bpfRuns: 0,
    bpfRecords: 0,
    cpuUs: 0,
    rssBytes: 50_000_000,
    steal: 0,
    cpuPressure: null,
    memoryPressure: null,
    cpuBusy: null,
    softirq: null,
    vcpuDelay: {},
    vcpuTime: {},
    nic: null,
    tapDrops: {},
    processes: {},
    clocks: clocksAt(50_000_000_000n, 1_800_000_000_000_000_000n),
    pairing: null,
    noPairing: '',
    ...changes,
  };
}
