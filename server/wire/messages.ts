/**
 * Control messages between agents and the server: JSON text on the same
 * WebSocket (`/agent`) that carries the binary frames. The first message of
 * an agent is `hello`; the server answers `welcome` or `refuse`, then acks.
 */
import type { Station, Vantage } from './stations.ts';

/** Which probe serves a station, or why none does. */
export interface StationProbe {
  station: Station;
  /** e.g. `xdp`, `tc`, `fentry/tcp_v4_rcv`; null where the station is missing. */
  probe: string | null;
  /** Why a better rung, or any, was refused; empty when the best one loaded. */
  reason: string;
}

/** Virtualization approach of CPU and of the network device, judged apart. */
export type Approach = 'full' | 'paravirtual' | 'hardware-accelerated' | 'none' | 'unknown';

/** Of a network device model as QEMU and libvirt name it. */
export function modelApproach(model: string): Approach {
  if (model === '') return 'unknown';
  return /^virtio|^vmxnet/.test(model) ? 'paravirtual' : 'full';
}

/** A network device, as its machine sees it. */
export interface NicProvenance {
  /** Its name there. */
  nic: string;
  /** QEMU/libvirt device model as the host names it (`e1000`), or from PCI ids in the guest. */
  nicModel: string;
  /** Kernel driver of that NIC (`virtio_net`, `e1000`, `veth`). */
  driver: string;
  queues: number;
  offloads: Record<string, boolean>;
  /** Network device approach: a virtio NIC is paravirtual, an e1000 full. */
  nicApproach: Approach;
}

/** One of several NICs of a guest; records name theirs by this number. */
export interface GuestNic extends NicProvenance {
  ifindex: number;
}

/** What a vantage is, sent once, with the NIC that carries the traced traffic. Unknown values are empty strings or 0. */
export interface Provenance extends NicProvenance {
  hostname: string;
  kernel: string;
  arch: string;
  cpus: number;
  memoryBytes: number;
  clocksource: string;
  /** Host: `bridge`, `openvswitch` … ; guest: empty. */
  vswitch: string;
  /** `kvm`, `tcg`, `xen`, `vmware`, `hyperv`, `none`, `unknown`. */
  hypervisor: string;
  /** What runs the guest's CPU: `tcg`, `kvm`, `hvf`, … */
  accelerator: string;
  /** CPU approach. */
  approach: Approach;
  /** Name and version of the server process, where known (`nginx/1.22.1`). */
  service: string;
}

/** Clocks of one machine at one moment, decimal nanoseconds. */
export interface ClockReading {
  monotonicNs: string;
  realtimeNs: string;
  /** CLOCK_BOOTTIME: CLOCK_MONOTONIC and the time that the machine was suspended. */
  boottimeNs: string;
  /** CLOCK_MONOTONIC_RAW: CLOCK_MONOTONIC without NTP's corrections. */
  rawNs: string;
  /** They were read one after the other within this time, ns. */
  withinNs: number;
}

/** Both machines' CLOCK_REALTIME at one instant, decimal nanoseconds, as the hypervisor tells a guest. */
export interface ClockPairing {
  hostRealtimeNs: string;
  guestRealtimeNs: string;
}

/** What a host's NICs did not carry, packets per second, and how near they are to their speed. */
export interface NicLoad {
  drops: number;
  errors: number;
  /** Largest share of a link's speed used one way, 0..1; null where no link has a speed. */
  busy: number | null;
}

export interface Hello {
  type: 'hello';
  protocol: number;
  token: string;
  role: Vantage;
  /** Stable while the agent process lives; frames are numbered per agent id. */
  agentId: string;
  /** /proc/sys/kernel/random/boot_id: the clock domain. */
  bootId: string;
  /** Its process is gone; the next agent of its machine says this in its name, and sends what it left. */
  killed?: boolean;
  version: string;
  ports: number[];
  stations: StationProbe[];
  provenance: Provenance;
  /** A guest's NICs, the traced one among them; older agents do not list them. */
  nics?: GuestNic[];
  /** CLOCK_MONOTONIC and CLOCK_REALTIME read together, decimal nanoseconds. */
  clock: { monotonicNs: string; realtimeNs: string };
}

/** Counters since the agent started; every drop has its own name. */
export interface AgentStats {
  type: 'stats';
  /** Records handed to the uplink's buffer so far. */
  records: number;
  /** e.g. `ring.full`, `flow.full`, `uplink.buffer`. Cumulative. */
  drops: Record<string, number>;
  /** Not losses, but worth seeing: `flow.foreign`, `reconnects`, … Cumulative. */
  counters: Record<string, number>;
  /**
   * Time, runs and finished records of our own BPF programs, cumulative over the
   * stretches in which the kernel's run statistics were on (they cost two clock
   * reads a run, so they are sampled): bpfNs / bpfRecords is the cost of a request.
   */
  bpfNs: number;
  bpfRuns: number;
  bpfRecords: number;
  /** CPU time of the agent process, cumulative, and its resident size. */
  cpuUs: number;
  rssBytes: number;
  /** Guest: steal share of the last interval, 0..1. */
  steal: number;
  /** Share of the last interval in which some task waited for a CPU (PSI), 0..1; null where the kernel does not tell. */
  cpuPressure: number | null;
  /** The same of waiting for memory; older agents do not tell. */
  memoryPressure: number | null;
  /** CPU seconds per second of the last interval that this machine was busy with, whatever it was; older agents do not tell. */
  cpuBusy: number | null;
  /** Of them in softirq, where packets are received; older agents do not tell. */
  softirq: number | null;
  /** Host: time that each VM's vCPU threads waited for a CPU in the last interval, per second; by the VM's name. */
  vcpuDelay: Record<string, number>;
  /** Host: time that they had one, per second; older agents do not tell. */
  vcpuTime: Record<string, number>;
  /** Host: of its uplinks in the last interval; older agents do not tell. */
  nic: NicLoad | null;
  /** Host: packets that the taps of each VM dropped, per second; older agents do not tell. */
  tapDrops: Record<string, number>;
  /** Host: CPU seconds per second of its busiest programs beside its VMs, by name; older agents do not tell. */
  processes: Record<string, number>;
  clocks: ClockReading;
  /** Guest: null where there is none; `noPairing` says why, and is empty where there is one. */
  pairing: ClockPairing | null;
  noPairing: string;
}

/** One VM as the host agent sees it. */
export interface VmInfo {
  name: string;
  /** Process id of the hypervisor process that holds the tap, 0 unknown. */
  pid: number;
  tap: string;
  ifindex: number;
  bridge: string;
  nicModel: string;
  accelerator: string;
  vcpus: number;
}

export interface VmsMessage {
  type: 'vms';
  vms: VmInfo[];
}

/** Lines of a web server's access log as they came, each before the record of its request. */
export interface AccessLogMessage {
  type: 'accesslog';
  lines: string[];
}

export type AgentMessage = Hello | AgentStats | VmsMessage | AccessLogMessage;

export const REFUSALS = ['token', 'protocol', 'malformed', 'busy'] as const;
export type RefusalCode = (typeof REFUSALS)[number];

export interface Welcome {
  type: 'welcome';
  protocol: number;
  /** Highest frame sequence of this agent id that is safe: keep what is above. */
  ackedSequence: number;
  /** Highest one that this server process has taken in: send what is above. */
  receivedSequence: number;
}
export interface Ack {
  type: 'ack';
  sequence: number;
}
export interface Refuse {
  type: 'refuse';
  code: RefusalCode;
  message: string;
}
export type ServerMessage = Welcome | Ack | Refuse;
