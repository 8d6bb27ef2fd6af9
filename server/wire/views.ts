/**
 * What the server tells people and pages: REST answers and the `/live`
 * WebSocket. Durations are nanoseconds; `null` is "not measured".
 */
import type { ClockView, PathClock } from './clock-views.ts';
import type { AgentView, VmSummary, VmView } from './machine-views.ts';
import type { Approach, Provenance } from './messages.ts';
import type { ExchangeClass, ProtocolName } from './record.ts';
import type { Coverage } from './series-views.ts';
import type { NotifyView } from './slo-views.ts';
import type { LayerId, Station, Vantage } from './stations.ts';

export interface Quantiles {
  count: number;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  p999: number | null;
  mean: number | null;
}

export interface LayerSummary extends Quantiles {
  layer: LayerId;
  /** The layer that this one is a part of; null for the layers of the sum and for `client`, which stands beside it. */
  of: LayerId | null;
  /** Proven ± of clock-dependent layers (largest in the run), 0 for the others, null before a clock. */
  bound: number | null;
}

/** Only `request` enters `layers`, `endToEnd` and `vnicRoundTrip` elsewhere: each class has its own times here. */
export interface ClassSummary {
  class: ExchangeClass;
  count: number;
  endToEnd: Quantiles;
}

/** What TCP did under many exchanges, as the host saw it. */
export interface TcpTotals {
  /** Segments seen again. */
  retransmitsIn: number;
  retransmitsOut: number;
  /** Times that either side closed its receive window. */
  zeroWindows: number;
  /** SYNs sent again. */
  synRetries: number;
}

/** Impossible or late things that are counted and never plotted. */
export interface Faults {
  negative: number;
  clockSteps: number;
  /** A response went on after its path had been joined: the path ends too early, or was put right in the store. */
  continuedAfterJoin: number;
}

/** A stretch of wall-clock time; `toMs` null while it lasts. */
export interface Stretch {
  fromMs: number;
  toMs: number | null;
}

/** What was written down about a run, and when. */
export interface RunNote {
  atMs: number;
  text: string;
  /** What a program says: a plant, or a machine that changed. Left out, a person wrote it. */
  kind?: NoteKind;
  /** When what it tells of was over; null while it lasts. Left out of a moment. */
  toMs?: number | null;
}

export const NOTE_KINDS = ['plant', 'config'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

export interface RunInfo extends Coverage {
  id: string;
  name: string;
  labels: Record<string, string>;
  notes: RunNote[];
  startedMs: number;
  /** Of its newest stretch; null while that lasts. */
  endedMs: number | null;
  /** When it was the one that paths belong to, oldest first; several where it was resumed. */
  stretches: Stretch[];
  /** When it was recorded, of a recording that is replayed; null of a run that is measured here. */
  recordedMs: number | null;
  exchanges: number;
  vms: string[];
}

/** What the load generator measured itself; latencies from the intended time, ns. */
export interface LoadSummary {
  rate: number;
  durationS: number;
  connections: number;
  path: string;
  sent: number;
  answered: number;
  errors: number;
  p50: number | null;
  p90: number | null;
  p99: number | null;
  p999: number | null;
  /** From the moment of sending instead of the intended one. */
  fromSend: { p50: number | null; p99: number | null };
  lateness: { p50: number | null; p99: number | null; max: number | null };
}

export interface ProvenanceView extends Partial<Provenance> {
  /** Changes with every boot of the machine; older recordings do not have it. */
  bootId?: string;
  nicModel: string;
  driver: string;
  approach: Approach;
  accelerator: string;
  kernel: string;
}

export interface Summary {
  run: RunInfo;
  exchanges: {
    sent: number | null;
    answered: number | null;
    /** Records from each vantage: those of its paths, and those that came to their end, or wait, in its stretches. */
    host: number;
    guest: number;
    joined: number;
    /** Joined with all stations stamped. */
    complete: number;
  };
  /** One entry per class, along CLASSES. */
  classes: ClassSummary[];
  /** Requests only, along LAYER_IDS. */
  layers: LayerSummary[];
  /** Requests only. */
  endToEnd: Quantiles;
  /** vnic.in + vnic.out: needs no clock, always shown. */
  vnicRoundTrip: Quantiles;
  tcp: TcpTotals;
  /** Of all generators: counts add up, quantiles are null where there were several. */
  load: LoadSummary | null;
  /** Every queue that can drop, by name; 0 means watched and nothing lost. */
  drops: Record<string, number>;
  /** Records that another one of the same vantage and exchange stands for: sent again, or replaced as its response went on. */
  repeated: { host: number; guest: number };
  /** Records that wait now: for their partner, the rest of a response, or for what a later path tells of the clock. */
  pending: { host: number; guest: number };
  /** Records that found no partner in time, per vantage, and faults that are shown, not plotted. */
  unmatched: { host: number; guest: number };
  faults: Faults;
  gaps: Gap[];
  clock: ClockView;
  selfCost: { guestNsPerRequest: number | null; hostNsPerRequest: number | null; agentCpu: number | null };
  provenance: { host: ProvenanceView | null; guest: ProvenanceView | null };
  /** By the VM's name. */
  byVm: Record<string, VmSummary>;
}

/** A stretch in which an agent was not connected. */
export interface Gap extends Stretch {
  agent: string;
}

export interface PathStation {
  station: Station;
  vantage: Vantage;
  /** Nanoseconds after `nic.rx` on the host's timeline; null where missing. */
  firstNs: number | null;
  lastNs: number | null;
}

/** What TCP did under an exchange, as the host saw it; null where unknown. */
export interface TcpFacts {
  /** Last response byte at nic.tx to the client's ACK of it. */
  ackedNs: number | null;
  /** SYN to SYN-ACK, and SYNs sent again: of a connection's first exchange only. */
  connectNs: number | null;
  synRetries: number | null;
  /** Segments seen again. */
  retransmitsIn: number;
  retransmitsOut: number;
  /** Times that either side closed its receive window. */
  zeroWindows: number;
}

export interface PathView {
  id: string;
  run: string;
  vm: string;
  /** Wall clock of the first station. */
  atMs: number;
  client: { address: string; port: number };
  server: { address: string; port: number };
  method: string;
  path: string;
  status: number;
  requestBytes: number;
  responseBytes: number;
  flags: string[];
  class: ExchangeClass;
  protocol: ProtocolName;
  /** Sequence number of the request's first byte. */
  requestSeq: number;
  tcp: TcpFacts;
  complete: boolean;
  missing: Station[];
  endToEndNs: number | null;
  clientRttNs: number | null;
  /** ± of vnic.in and vnic.out. */
  boundNs: number | null;
  clock: PathClock;
  /** Along LAYER_IDS; those with `of` are parts of that layer, `client` stands beside: the others add up to endToEndNs. */
  layers: { layer: LayerId; of: LayerId | null; ns: number | null; boundNs: number }[];
  stations: PathStation[];
}

/** One VM's numbers over a stretch of time; arrays run along {@link LAYER_IDS}. */
export interface LayerRow {
  vm: string;
  /** Exchanges of all classes; the times below are those of requests, `endToEnd.count` says of how many. */
  count: number;
  /** Exchanges of each class, along CLASSES. */
  classes: number[];
  errors: number;
  endToEnd: Quantiles;
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
  mean: (number | null)[];
}

/** One second of one VM. `t` is the wall-clock second (s since the epoch). */
export interface SecondRow extends LayerRow {
  t: number;
  /** Share of the second that the guest's CPUs were ready but not run, 0..1, by the guest's own count. */
  steal: number | null;
  /** Time that this VM's vCPU threads waited for a CPU of the host, per second of the second: 1 is one vCPU all the time. */
  vcpuDelay: number | null;
  /** Time that they had one, per second of the second. */
  vcpuTime: number | null;
  /** Share of the second in which some task waited for a CPU, 0..1 (PSI `some`). */
  cpuPressure: { host: number | null; guest: number | null };
}

export interface SeriesView {
  run: string;
  layers: LayerId[];
  rows: SecondRow[];
}

export interface Health {
  /** Of the server's program. */
  version: string;
  agents: AgentView[];
  /** All that an agent tells of, by host and name. */
  vms: VmView[];
  /** Joined exchanges of each class since the server started. */
  classes: Record<ExchangeClass, number>;
  drops: Record<string, number>;
  counters: Record<string, number>;
  unmatched: { host: number; guest: number };
  faults: Faults;
  clock: ClockView;
  selfCost: Summary['selfCost'];
  gaps: Gap[];
  /** Response at the host NIC → handed to the live stream, p99 of the last seconds, ms. */
  liveDelayMs: number | null;
  /** Who is told of alerts, and how that goes; absent where an older server says nothing of it. */
  notify?: NotifyView[];
}

/** Every REST error. */
export interface ApiError {
  error: { code: string; message: string };
}
