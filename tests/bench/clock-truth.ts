/**
 * Exchanges between a host and a guest whose clocks are known. True time runs
 * in ns from 0; both clocks are functions of it, so the offset at every stamp
 * is known to the nanosecond.
 */
export interface Setting {
  readonly name: string;
  /** Smallest host→guest and guest→host delays, ns. */
  readonly outNs: number;
  readonly backNs: number;
  /** Mean of the exponential tail on each delay, ns. */
  readonly tailNs: number;
}

export const KVM: Setting = { name: 'KVM', outNs: 12_000, backNs: 15_000, tailNs: 6_000 };
export const TCG: Setting = { name: 'TCG', outNs: 120_000, backNs: 90_000, tailNs: 60_000 };

const SPIKE_SHARE = 0.01;
const SPIKE_MEAN_NS = 1e6;
/** Random walk of the relative frequency, per √s. */
const WANDER = 20e-9;
const GRID_NS = 10e6;
const SERVICE_MIN_NS = 50_000;
const SERVICE_MEAN_NS = 400_000;

export interface Disturbance {
  /** Jump of one clock at `atNs`. */
  readonly step?: { readonly clock: 'host' | 'guest'; readonly atNs: number; readonly byNs: number };
  /** Extra relative rate for a stretch. */
  readonly slew?: { readonly fromNs: number; readonly toNs: number; readonly ppm: number };
}

/** In the order in which the exchanges are complete. */
export interface Trace {
  readonly setting: Setting;
  readonly perSecond: number;
  readonly seconds: number;
  readonly count: number;
  readonly hostOut: Float64Array;
  readonly guestIn: Float64Array;
  readonly guestOut: Float64Array;
  readonly hostIn: Float64Array;
  /** hostTime − guestTime at guestIn and at guestOut. */
  readonly truthIn: Float64Array;
  readonly truthOut: Float64Array;
  /** True time at the start and the end. */
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
}

export interface TraceOptions extends Disturbance {
  readonly setting: Setting;
  readonly perSecond: number;
  readonly seconds: number;
  readonly ppm: number;
  readonly seed: number;
}

/** Park and Miller's generator: every run of a seed is the same. */
export function uniform(seed: number): () => number {
  let state = (seed * 7919 + 12_345) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** hostTime − guestTime without steps, at any true time up to `seconds` and a little. */
function drift(options: TraceOptions, random: () => number): (trueNs: number) => number {
  const cells = Math.ceil((options.seconds * 1e9) / GRID_NS) + 200;
  const at = new Float64Array(cells + 1);
  let rate = options.ppm / 1e6;
  for (let i = 0; i < cells; i++) {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    rate += WANDER * Math.sqrt(GRID_NS / 1e9) * normal;
    const { slew } = options;
    const slewed = slew && i * GRID_NS >= slew.fromNs && i * GRID_NS < slew.toNs ? slew.ppm / 1e6 : 0;
    at[i + 1] = at[i]! + (rate + slewed) * GRID_NS;
  }
  return (trueNs) => {
    const cell = Math.floor(trueNs / GRID_NS);
    return at[cell]! + (at[cell + 1]! - at[cell]!) * (trueNs / GRID_NS - cell);
  };
}

/** Poisson arrivals; delays = minimum + exponential tail, 1 % of them with a spike of 1 ms mean. */
export function simulate(options: TraceOptions): Trace {
  const { setting, perSecond, seconds, step } = options;
  const random = uniform(options.seed);
  const exponential = (mean: number) => -mean * Math.log(random());
  const delay = (min: number) =>
    min + exponential(setting.tailNs) + (random() < SPIKE_SHARE ? exponential(SPIKE_MEAN_NS) : 0);
  const drifted = drift(options, random);
  const baseNs = Math.round(random() * 2 ** 50);
  const stepped = (clock: 'host' | 'guest', t: number) => (step?.clock === clock && t >= step.atNs ? step.byNs : 0);
  const host = (t: number) => Math.round(t + stepped('host', t));
  const guest = (t: number) => Math.round(t - baseNs - drifted(t) + stepped('guest', t));
  const truth = (t: number) => baseNs + drifted(t) + stepped('host', t) - stepped('guest', t);
  const rows: number[][] = [];
  for (let t = exponential(1e9 / perSecond); t < seconds * 1e9; t += exponential(1e9 / perSecond)) {
    const inNs = t + delay(setting.outNs);
    const outNs = inNs + SERVICE_MIN_NS + exponential(SERVICE_MEAN_NS);
    const end = outNs + delay(setting.backNs);
    rows.push([host(t), guest(inNs), guest(outNs), host(end), truth(inNs), truth(outNs), t, end]);
  }
  rows.sort((a, b) => a[7]! - b[7]!);
  const column = (i: number) => Float64Array.from(rows, (row) => row[i]!);
  return {
    setting,
    perSecond,
    seconds,
    count: rows.length,
    hostOut: column(0),
    guestIn: column(1),
    guestOut: column(2),
    hostIn: column(3),
    truthIn: column(4),
    truthOut: column(5),
    startNs: column(6),
    endNs: column(7),
  };
}

/** What any method that sees only these delays is off by: half the difference of the two minima, ns. */
export function asymmetryFloor(setting: Setting): number {
  return (setting.backNs - setting.outNs) / 2;
}
