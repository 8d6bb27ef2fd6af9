/**
 * What is known of a breach: the requests, minutes and readings that a verdict
 * rests on, and the verdict. Times are ms since the epoch, durations ns.
 */
import type { SloCounts, SloStretch } from './slo-views.ts';

/** What an SLO of several objectives spent in a stretch of time, in its own units; `budget` is the share that may be bad. */
export interface CompositeData {
  slo: string;
  parts: { objective: string; weight: number; total: number; bad: number; budget: number }[];
}

/** What one of them has of it. */
export interface CompositePart {
  objective: string;
  weight: number;
  /** How many times too fast its own budget burnt; null without requests. */
  burn: number | null;
  /** Of what burns, by weight; they add up to 1000; null where nothing burns. */
  permille: number | null;
}

export interface SloEpisode extends SloStretch {
  id: string;
  objective: string;
  service: string;
  promise: string;
  /** Whether an alert of it still fires; `toMs` is then the moment of asking. */
  isOpen: boolean;
  /** What fired, the most severe first. */
  rules: { rule: string; severity: string; atMs: number }[];
  counts: SloCounts;
  /** How many times too fast the budget burnt; null without requests. */
  burn: number | null;
  /** Of a composite SLO, all its parts at that time; null of an SLO that is none. */
  composite: { slo: string; parts: CompositePart[] } | null;
}

/** Where time of a request may go, without a clock between host and guest: they add up to end to end exactly. */
export const PARTS = [
  ...(['nic.in', 'switch.in', 'vnic', 'tcp.in', 'wait', 'service'] as const),
  ...(['tcp.out', 'switch.out', 'nic.out', 'transfer'] as const),
] as const;
export type Part = (typeof PARTS)[number];
/** Guest time in which its CPU was not given to it. */
export const STOLEN = 'steal';
export type BlameSide = 'platform' | 'tenant';

/** One request; null is "not measured". */
export interface EpisodeRow {
  id: string;
  atMs: number;
  good: boolean;
  status: number;
  request: string;
  vm: string;
  endToEndNs: number | null;
  /** Along PARTS. */
  parts: (number | null)[];
  /** The service's wait for its upstream, and the reader's for a CPU. */
  upstreamNs: number | null;
  runDelayNs: number | null;
  /** Segments seen again, both ways. */
  retransmits: number;
  boundNs: number | null;
}

/** One minute: [minute since the epoch, total, good, unmeasured, long polls, health checks, multiplexed]. */
export type MinuteTuple = number[];
/** One minute of a gauge: [minute since the epoch, seconds told, sum over them in millionths]. */
export type GaugeTuple = [number, number, number];

export const GAUGES = [
  ...(['steal', 'vcpu.delay', 'vcpu.time', 'pressure.host', 'pressure.guest', 'memory.host', 'memory.guest'] as const),
  ...(['softirq.host', 'softirq.guest', 'nic.drops', 'nic.errors', 'nic.busy', 'tap.drops', 'program.time'] as const),
] as const;
export type GaugeName = (typeof GAUGES)[number];

/** What one is of: a share of the time or of a speed, CPU seconds per second, or packets per second. */
export const GAUGE_UNITS: Record<GaugeName, 'share' | 'cpu' | 'packets'> = {
  ...{ steal: 'share', 'vcpu.delay': 'cpu', 'vcpu.time': 'cpu', 'pressure.host': 'share', 'pressure.guest': 'share' },
  ...{ 'memory.host': 'share', 'memory.guest': 'share', 'softirq.host': 'cpu', 'softirq.guest': 'cpu' },
  ...{ 'nic.drops': 'packets', 'nic.errors': 'packets', 'nic.busy': 'share', 'tap.drops': 'packets' },
  'program.time': 'cpu',
};

export interface GaugeLane {
  gauge: GaugeName;
  /** Of `program.time` a program and its host: `name on host`. */
  vm: string;
  minutes: GaugeTuple[];
}

/** Something that happened beside: a run began, a clock stepped, an agent was away. */
export interface EpisodeMark {
  atMs: number;
  what: string;
}

/** All that the verdict and the report are made of. */
export interface EpisodeData {
  objective: string;
  service: string;
  promise: string;
  /** Share of good ones that was promised. */
  target: number;
  /** What is asked about, and what it is compared with. */
  window: SloStretch;
  baseline: SloStretch;
  /** Whether the objective judges by a time: where it does not, time cannot say why. */
  isAboutTime: boolean;
  minutes: MinuteTuple[];
  /** Minutes that nobody measured, of both stretches. */
  notMeasured: number[];
  bad: EpisodeRow[];
  usual: EpisodeRow[];
  slowest: EpisodeRow[];
  /** Of VMs that the objective is about; of VMs beside them, and of programs on their hosts. */
  lanes: GaugeLane[];
  neighbours: GaugeLane[];
  marks: EpisodeMark[];
  /** Requests lost on their way to the server, by minute: [minute, lost]. */
  lost: [number, number][];
  /** Whether a budget chose which requests are kept one by one. */
  isSampled: boolean;
  /** Of a composite SLO. */
  composite?: CompositeData;
}

export interface PartShare {
  part: Part | typeof STOLEN;
  side: BlameSide | null;
  /** Mean of the bad ones less mean of the usual ones, with its 95 % interval. */
  excessNs: number;
  lowNs: number;
  highNs: number;
  /** Of the whole excess in tenths of a percent: they add up to 1000; null where the whole could be nothing. */
  permille: number | null;
}

export interface SideShare {
  side: BlameSide;
  permille: number;
  low: number;
  high: number;
}

export interface EvidenceLine {
  what: string;
  /** Means; null where nobody told. */
  during: number | null;
  before: number | null;
  unit: string;
}

export interface EpisodeVerdict {
  side: BlameSide | 'undetermined';
  /** The part that carries it, where one does. */
  part: Part | typeof STOLEN | null;
  sentence: string;
  /** Why it is undetermined, or what it cannot know. */
  doubts: string[];
  requests: { bad: number; usual: number };
  excessNs: number | null;
  parts: PartShare[];
  sides: SideShare[];
  evidence: EvidenceLine[];
  /** The VM that took the CPU, where the readings carry it. */
  neighbour: string | null;
  /** The program on the host that took it, `name on host`, where they carry that and no VM did. */
  process: string | null;
}

export interface EpisodeView {
  episode: SloEpisode;
  verdict: EpisodeVerdict;
  data: EpisodeData;
}
