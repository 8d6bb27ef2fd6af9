/** What the server tells of single machines: of agents, and of VMs in a run and at this moment. Durations are nanoseconds; `null` is "not measured". */
import type { Approach, NicLoad, StationProbe } from './messages.ts';
import type { Vantage } from './stations.ts';
import type { ClassSummary, LayerSummary, LoadSummary, ProvenanceView, Quantiles, TcpTotals } from './views.ts';

/** Stands for all VMs together where a VM is named: no VM of QEMU or libvirt has this name. */
export const ALL_VMS = '*';

/** How much of the run a VM's vCPUs ran, and how much they waited to: means, per second of the run; null where nobody told. */
export interface CpuMeans {
  vcpuTime: number | null;
  vcpuDelay: number | null;
  steal: number | null;
}

/** What can be said of one VM of a run. */
export interface VmSummary {
  exchanges: { sent: number | null; answered: number | null; joined: number; complete: number };
  classes: ClassSummary[];
  layers: LayerSummary[];
  endToEnd: Quantiles;
  vnicRoundTrip: Quantiles;
  tcp: TcpTotals;
  cpu: CpuMeans;
  /** Of the generator that asked this VM. */
  load: LoadSummary | null;
  provenance: { host: ProvenanceView | null; guest: ProvenanceView | null };
}

/** A VM as its host and its guest tell of it; null and empty is what nobody told. */
export interface VmView {
  /** As its paths are named; as its host or guest names it before there is one. */
  name: string;
  /** Ids of the agents that tell of it. */
  hostAgent: string | null;
  guestAgent: string | null;
  nics: { model: string; approach: Approach; tap: string; bridge: string }[];
  vcpus: number;
  accelerator: string;
  /** Of its CPU. */
  approach: Approach;
  service: string;
  /** Seconds per second, by the host's last report. */
  vcpuTime: number | null;
  vcpuDelay: number | null;
  /** By the guest's last report. */
  steal: number | null;
  cpuPressure: number | null;
  /** Proven ± of the clock between it and its host, ns. */
  boundNs: number | null;
}

export interface AgentView {
  id: string;
  /** Of its program. */
  version: string;
  role: Vantage;
  hostname: string;
  connected: boolean;
  stations: StationProbe[];
  provenance: ProvenanceView;
  rssBytes: number;
  cpuShare: number | null;
  steal: number;
  cpuPressure: number | null;
  /** CPU seconds per second that its machine was busy with, whatever it was. */
  cpuBusy: number | null;
  memoryPressure: number | null;
  /** Of a host: its uplinks. */
  nic: NicLoad | null;
  /** Of a host: CPU seconds per second of its busiest programs beside its VMs, by name. */
  processes: Record<string, number>;
  vcpuDelay: Record<string, number>;
  /** Lost in each of its queues since it started. */
  drops: Record<string, number>;
}
