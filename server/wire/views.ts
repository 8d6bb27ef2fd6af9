/**
 * What the server tells people and pages: REST answers and the `/live`
 * WebSocket. Durations are nanoseconds; `null` is "not measured".
 */
import type { Approach, Provenance, StationProbe } from './messages.ts';
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
  /** Proven ± of clock-dependent layers (largest in the run), 0 for the others, null before a clock. */
  bound: number | null;
}

export interface RunInfo {
  id: string;
  name: string;
  startedMs: number;
  endedMs: number | null;
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
    /** Records from each vantage. */
    host: number;
    guest: number;
    joined: number;
    /** Joined with all stations stamped. */
    complete: number;
  };
  layers: LayerSummary[];
  endToEnd: Quantiles;
  /** vnic.in + vnic.out: needs no clock, always shown. */
  vnicRoundTrip: Quantiles;
  load: LoadSummary | null;
  /** Every queue that can drop, by name; 0 means watched and nothing lost. */
  drops: Record<string, number>;
  /** Records that found no partner in time, per vantage, and faults that are shown, not plotted. */
  unmatched: { host: number; guest: number };
  faults: { negative: number; clockSteps: number };
  gaps: Gap[];
  clock: { method: string; boundNs: number | null; offsetNs: number | null; ratePpm: number | null };
  selfCost: { guestNsPerRequest: number | null; hostNsPerRequest: number | null; agentCpu: number | null };
  provenance: { host: ProvenanceView | null; guest: ProvenanceView | null };
}

/** A stretch in which an agent was not connected; wall-clock ms, `toMs` null while it lasts. */
export interface Gap {
  agent: string;
  fromMs: number;
  toMs: number | null;
}

export interface PathStation {
  station: Station;
  vantage: Vantage;
  /** Nanoseconds after `nic.rx` on the host's timeline; null where missing. */
  firstNs: number | null;
  lastNs: number | null;
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
  complete: boolean;
  missing: Station[];
  endToEndNs: number | null;
  clientRttNs: number | null;
  /** ± of vnic.in and vnic.out. */
  boundNs: number | null;
  layers: { layer: LayerId; ns: number | null; boundNs: number }[];
  stations: PathStation[];
}

/** One VM's numbers over a stretch of time; arrays run along {@link LAYER_IDS}. */
export interface LayerRow {
  vm: string;
  count: number;
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
}

export interface SeriesView {
  run: string;
  layers: LayerId[];
  rows: SecondRow[];
}

export interface AgentView {
  id: string;
  role: Vantage;
  hostname: string;
  connected: boolean;
  stations: StationProbe[];
  provenance: ProvenanceView;
  rssBytes: number;
  cpuShare: number | null;
  steal: number;
}

export interface Health {
  agents: AgentView[];
  drops: Record<string, number>;
  counters: Record<string, number>;
  unmatched: { host: number; guest: number };
  faults: { negative: number; clockSteps: number };
  clock: Summary['clock'];
  selfCost: Summary['selfCost'];
  gaps: Gap[];
  /** Response at the host NIC → handed to the live stream, p99 of the last seconds, ms. */
  liveDelayMs: number | null;
}

/** First message on `/live`; also sent again when a slow client was skipped. */
export interface LiveSnapshot {
  type: 'snapshot';
  protocol: number;
  nowMs: number;
  run: RunInfo;
  layers: LayerId[];
  vms: string[];
  /** The last 15 minutes at most, oldest first. */
  seconds: SecondRow[];
  /** The last 10 seconds taken together, one row per VM. */
  recent: LayerRow[];
  health: Health;
}

/** Four times a second: rows replace those of the same (t, vm). */
export interface LiveTick {
  type: 'tick';
  nowMs: number;
  run: RunInfo;
  seconds: SecondRow[];
  recent: LayerRow[];
  health: Health;
}

export type LiveMessage = LiveSnapshot | LiveTick;

/** Every REST error. */
export interface ApiError {
  error: { code: string; message: string };
}
