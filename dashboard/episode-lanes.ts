/** A breach and the time before it, minute by minute: requests, readings, losses, clocks, as lanes above one another. Pure. */
import {
  type EpisodeData,
  type EpisodeRow,
  GAUGE_UNITS,
  GAUGES,
  type GaugeLane,
  type GaugeName,
} from '../server/wire/episode-views.ts';
import { formatCount, formatDuration, join, MISSING, share } from './format.ts';

export const MINUTE_MS = 60_000;

/** Minutes since the epoch, `to` the first after it. */
export interface Axis {
  from: number;
  to: number;
}

export interface Lane {
  key: string;
  name: string;
  /** One per minute of the axis; null where nobody told. */
  values: (number | null)[];
  /** Of each, the part that was bad. */
  bad?: (number | null)[];
  /** The upper end of the lane. */
  most: number;
  text(value: number): string;
}

const GAUGE_NAMES: Record<GaugeName, string> = {
  steal: 'Steal, as the guest counts it',
  'vcpu.delay': 'vCPUs waiting for a CPU',
  'vcpu.time': 'vCPUs running',
  'pressure.host': 'CPU pressure of the host',
  'pressure.guest': 'CPU pressure in the guest',
  'memory.host': 'Memory pressure of the host',
  'memory.guest': 'Memory pressure in the guest',
  'softirq.host': 'Softirq on the host',
  'softirq.guest': 'Softirq in the guest',
  'nic.drops': 'Packets dropped by the host’s NIC',
  'nic.errors': 'Broken packets at the host’s NIC',
  'nic.busy': 'Speed of the host’s NIC in use',
  'tap.drops': 'Packets that the guest’s tap dropped',
  'program.time': 'Program running',
};
/** A lane does not make much of less: a hundredth of the time, two segments, a microsecond. */
const LEAST = { share: 0.01, count: 2, ns: 1_000 };

export function axisOf({ window, baseline }: EpisodeData): Axis {
  return { from: Math.floor(baseline.fromMs / MINUTE_MS), to: Math.ceil(window.toMs / MINUTE_MS) };
}

/** The axis begins where something is known: a server that began later kept nothing of before. */
export function knownAxis(data: EpisodeData): Axis {
  const whole = axisOf(data);
  const told = [
    ...data.minutes.map(([minute]) => minute!),
    ...[...data.lanes, ...data.neighbours].flatMap(({ minutes }) => minutes.map(([minute]) => minute)),
    ...data.notMeasured,
  ];
  const first = told.reduce((least, minute) => Math.min(least, minute), whole.to - 1);
  return { from: Math.max(whole.from, Math.min(first, whole.to - 1)), to: whole.to };
}

export function lanesOf(data: EpisodeData, axis: Axis): Lane[] {
  const rows = [...new Map([...data.usual, ...data.bad, ...data.slowest].map((row) => [row.id, row])).values()];
  const name = ({ gauge, vm }: GaugeLane, beside = '') => `${GAUGE_NAMES[gauge]}: ${vm}${beside}`;
  return [
    requestLane(data, axis),
    ...data.lanes.map((lane) => gaugeLane(lane, name(lane), axis)),
    ...data.neighbours.map((lane) => gaugeLane(lane, name(lane, ', beside it'), axis)),
    rowLane('retransmits', 'Segments sent again, per kept request', rows, axis, retransmitsOf),
    lossLane(data, axis),
    rowLane('clock', 'Clock between host and guest: largest bound', rows, axis, boundOf),
  ];
}

/** Gauges that nobody told of that time. */
export function untold({ lanes }: EpisodeData): string[] {
  // Only those that take much are told of.
  const wanted = GAUGES.filter((gauge) => gauge !== 'program.time');
  return wanted.filter((gauge) => !lanes.some((lane) => lane.gauge === gauge)).map((gauge) => GAUGE_NAMES[gauge]);
}

function perMinute<T>(axis: Axis, told: Iterable<readonly [minute: number, value: T]>): (T | null)[] {
  const values = Array.from({ length: axis.to - axis.from }, (): T | null => null);
  for (const [minute, value] of told) if (minute >= axis.from && minute < axis.to) values[minute - axis.from] = value;
  return values;
}

function requestLane({ minutes }: EpisodeData, axis: Axis): Lane {
  const values = perMinute(
    axis,
    minutes.map(([minute, total]) => [minute!, total!] as const),
  );
  const bad = perMinute(
    axis,
    minutes.map(([minute, total, good]) => [minute!, total! - good!] as const),
  );
  const most = Math.max(LEAST.count, ...values.map((value) => value ?? 0));
  return {
    ...{ key: 'requests', name: 'Requests in a minute, bad ones hatched', values, bad, most },
    text: formatCount,
  };
}

function gaugeLane({ gauge, vm, minutes }: GaugeLane, name: string, axis: Axis): Lane {
  const values = perMinute(
    axis,
    minutes.map(([minute, seconds, millionths]) => [minute, seconds > 0 ? millionths / 1e6 / seconds : null] as const),
  );
  const unit = GAUGE_UNITS[gauge];
  const most = Math.max(unit === 'packets' ? LEAST.count : LEAST.share, ...values.map((value) => value ?? 0));
  // Of CPUs it is seconds per second: several of them have more than one.
  const text = { share: (value: number) => join(share(value)), cpu: cpuText, packets: packetsText }[unit];
  return { key: `${gauge} ${vm}`, name, values, most, text };
}

function cpuText(value: number): string {
  return `${value.toFixed(2)}\u00a0s/s`;
}

function packetsText(value: number): string {
  return `${value.toFixed(1)}\u00a0/s`;
}

interface Folded {
  least: number;
  /** Null where none of them told. */
  of(rows: readonly EpisodeRow[]): number | null;
  text(value: number): string;
}

const retransmitsOf: Folded = {
  least: LEAST.count,
  of: (rows) => rows.reduce((sum, { retransmits }) => sum + retransmits, 0) / rows.length,
  text: (value) => value.toFixed(2),
};
const boundOf: Folded = {
  least: LEAST.ns,
  of: (rows) =>
    rows.reduce<number | null>((most, { boundNs }) => (boundNs === null ? most : Math.max(most ?? 0, boundNs)), null),
  text: (value) => `±\u00a0${formatDuration(value)}`,
};

/** Of the requests that are kept one by one. */
function rowLane(
  key: string,
  name: string,
  rows: readonly EpisodeRow[],
  axis: Axis,
  { least, of, text }: Folded,
): Lane {
  const byMinute = Map.groupBy(rows, ({ atMs }) => Math.floor(atMs / MINUTE_MS));
  const values = perMinute(
    axis,
    [...byMinute].map(([minute, own]) => [minute, of(own)] as const),
  );
  return { key, name, values, most: Math.max(least, ...values.map((value) => value ?? 0)), text };
}

/** Where nothing is told nothing was lost. */
function lossLane({ lost }: EpisodeData, axis: Axis): Lane {
  const values = perMinute(axis, lost).map((value) => value ?? 0);
  return {
    key: 'lost',
    name: 'Our own losses: records',
    values,
    most: Math.max(LEAST.count, ...values),
    text: formatCount,
  };
}

/** What a lane says of a minute. */
export function textAt({ values, bad, text }: Lane, index: number): string {
  const value = values[index] ?? null;
  if (value === null) return MISSING;
  const wrong = bad?.[index] ?? 0;
  return wrong > 0 ? `${text(value)}, ${formatCount(wrong)} bad` : text(value);
}

const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1_440];

/** Minutes to write below the lanes, so many px apart at least. */
export function timeTicks({ from, to }: Axis, width: number, apartPx: number): number[] {
  const perPx = (to - from) / width;
  const step = STEPS_MIN.find((minutes) => minutes / perPx >= apartPx) ?? 1_440;
  const ticks: number[] = [];
  for (let minute = Math.ceil(from / step) * step; minute < to; minute += step) ticks.push(minute);
  return ticks;
}
