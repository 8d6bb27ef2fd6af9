/** Readings during a breach beside those before it, and what follows from them. Pure: the report's verifier runs it again. */
import type { EpisodeData, EpisodeRow, EvidenceLine, GaugeLane, GaugeName } from '../wire/episode-views.ts';
import type { SloStretch } from '../wire/slo-views.ts';

const MINUTE_MS = 60_000;
/** More than a tenth of a CPU does not come and go by itself; of waiting for one, half of that. */
const TAKES = 0.1;
const WAITS = 0.05;
/** Of the time in which it wanted a CPU: less is within the error of the shares, more leaves less than half to the rest. */
const HARDLY = 0.1;
const MOSTLY = 0.6;

/** During the window and before it. */
export interface Change {
  during: number | null;
  before: number | null;
}

export interface CpuReadings {
  /** Of the VMs that the objective is about: the one that waits most. */
  delay: Change;
  ran: Change;
  steal: Change;
}

/** How a gauge changed: the mean per second over the minutes of each stretch. */
export function changeOf({ minutes }: GaugeLane, { window, baseline }: EpisodeData): Change {
  return { during: meanIn(minutes, window), before: meanIn(minutes, baseline) };
}

function meanIn(minutes: GaugeLane['minutes'], { fromMs, toMs }: SloStretch): number | null {
  // A minute in which the stretch begins or ends belongs to it with more than half of its time only.
  const own = minutes.filter(([minute]) => (minute + 0.5) * MINUTE_MS >= fromMs && (minute + 0.5) * MINUTE_MS < toMs);
  const inside =
    own.length > 0 ? own : minutes.filter(([minute]) => (minute + 1) * MINUTE_MS > fromMs && minute * MINUTE_MS < toMs);
  const told = inside.reduce((sum, [, seconds]) => sum + seconds, 0);
  return told === 0 ? null : inside.reduce((sum, [, , millionths]) => sum + millionths, 0) / told / 1e6;
}

function rise({ during, before }: Change): number {
  return during === null ? 0 : during - (before ?? 0);
}

function worst(data: EpisodeData, gauge: GaugeName): Change {
  const lanes = data.lanes.filter((lane) => lane.gauge === gauge).map((lane) => changeOf(lane, data));
  return lanes.sort((a, b) => rise(b) - rise(a))[0] ?? { during: null, before: null };
}

export function cpuReadings(data: EpisodeData): CpuReadings {
  return { delay: worst(data, 'vcpu.delay'), ran: worst(data, 'vcpu.time'), steal: worst(data, 'steal') };
}

/**
 * `starved`: its CPU was kept from the VM. One that runs more and waits more is `busy`, as nobody can tell, but where
 * it hardly waited, or mostly: without waiting, what it did would have taken that much less.
 */
export function cpuState({ delay, ran, steal }: CpuReadings): 'free' | 'starved' | 'busy' {
  const waits = rise(delay) > WAITS || rise(steal) > WAITS;
  if (!waits) return 'free';
  if (rise(ran) <= TAKES) return 'starved';
  const share = waitedShare({ delay, ran, steal });
  if (share < HARDLY) return 'free';
  return share > MOSTLY ? 'starved' : 'busy';
}

/** Of the time in which the VM wanted a CPU, how much it waited for one. */
export function waitedShare({ delay, ran, steal }: CpuReadings): number {
  const waited = Math.max(delay.during ?? 0, steal.during ?? 0);
  return waited === 0 ? 0 : waited / (waited + (ran.during ?? 1 - waited));
}

/** The VM beside it whose CPU time grew most, where ours waited for one; null where none did. */
export function neighbourOf(data: EpisodeData): string | null {
  if (cpuState(cpuReadings(data)) === 'free') return null;
  const grown = data.neighbours
    .filter(({ gauge }) => gauge === 'vcpu.time')
    .map((lane) => ({ vm: lane.vm, more: rise(changeOf(lane, data)) }))
    .filter(({ more }) => more > TAKES)
    .sort((a, b) => b.more - a.more);
  return grown[0]?.vm ?? null;
}

/** The program on its host whose CPU time grew most, where no VM took what ours waited for; null where none did. */
export function processOf(data: EpisodeData): string | null {
  if (cpuState(cpuReadings(data)) === 'free' || neighbourOf(data) !== null) return null;
  const grown = data.neighbours
    .filter(({ gauge }) => gauge === 'program.time')
    .map((lane) => ({ program: lane.vm, change: programChange(lane, data) }))
    // Nobody looked before: it may have run all the time.
    .filter(({ change }) => change.before !== null && rise(change) > TAKES)
    .sort((a, b) => rise(b.change) - rise(a.change));
  return grown[0]?.program ?? null;
}

/** A host tells of a program only while it takes something: its mean is over all the time in which the host told of its CPUs. */
function programChange({ minutes }: GaugeLane, data: EpisodeData): Change {
  const taken = new Map(minutes.map(([minute, , millionths]) => [minute, millionths]));
  const told = data.lanes.find(({ gauge }) => gauge === 'softirq.host')?.minutes ?? [];
  const all = told.map(([minute, seconds]): GaugeLane['minutes'][number] => [minute, seconds, taken.get(minute) ?? 0]);
  return { during: meanIn(all, data.window), before: meanIn(all, data.baseline) };
}

export function evidenceLines(data: EpisodeData): EvidenceLine[] {
  const gauges = [...data.lanes, ...data.neighbours].map((lane) => ({
    what: `${GAUGE_WORDS[lane.gauge].what}, ${lane.vm}`,
    unit: GAUGE_WORDS[lane.gauge].unit,
    ...(lane.gauge === 'program.time' ? programChange(lane, data) : changeOf(lane, data)),
  }));
  const lost = (stretch: SloStretch) =>
    data.lost
      .filter(([minute]) => (minute + 1) * MINUTE_MS > stretch.fromMs && minute * MINUTE_MS < stretch.toMs)
      .reduce((sum, [, count]) => sum + count, 0);
  return [
    ...gauges,
    line('segments sent again per request', '', data, (rows) => mean(rows.map(({ retransmits }) => retransmits))),
    line('upstream of the service, mean', 'ns', data, (rows) => meanKnown(rows.map(({ upstreamNs }) => upstreamNs))),
    line('reader without a CPU, mean', 'ns', data, (rows) => meanKnown(rows.map(({ runDelayNs }) => runDelayNs))),
    line('bound of the clock, largest', '± ns', data, (rows) => largest(rows.map(({ boundNs }) => boundNs))),
    { what: 'our own losses: records', unit: '', during: lost(data.window), before: lost(data.baseline) },
  ];
}

const GAUGE_WORDS: Record<GaugeName, { what: string; unit: string }> = {
  steal: { what: 'steal, as the guest counts it', unit: 'of its time' },
  'vcpu.delay': { what: 'vCPUs waiting for a CPU', unit: 's per s' },
  'vcpu.time': { what: 'vCPUs running', unit: 's per s' },
  'pressure.host': { what: 'CPU pressure of the host', unit: 'of the time' },
  'pressure.guest': { what: 'CPU pressure in the guest', unit: 'of the time' },
  'memory.host': { what: 'memory pressure of the host', unit: 'of the time' },
  'memory.guest': { what: 'memory pressure in the guest', unit: 'of the time' },
  'softirq.host': { what: 'softirq on the host', unit: 's per s' },
  'softirq.guest': { what: 'softirq in the guest', unit: 's per s' },
  'nic.drops': { what: 'packets dropped by the host’s NIC', unit: 'per s' },
  'nic.errors': { what: 'broken packets at the host’s NIC', unit: 'per s' },
  'nic.busy': { what: 'speed of the host’s NIC in use', unit: 'of its speed' },
  'tap.drops': { what: 'packets that the guest’s tap dropped', unit: 'per s' },
  'program.time': { what: 'program on the host running', unit: 's per s' },
};

function line(
  what: string,
  unit: string,
  { bad, usual }: EpisodeData,
  of: (rows: readonly EpisodeRow[]) => number | null,
): EvidenceLine {
  return { what, unit, during: of(bad), before: of(usual) };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanKnown(values: readonly (number | null)[]): number | null {
  return mean(values.filter((value) => value !== null));
}

function largest(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (value !== null && value > (most ?? -1) ? value : most), null);
}
