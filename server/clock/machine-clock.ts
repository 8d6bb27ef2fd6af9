/**
 * What one machine's clocks tell about the machine, reading after reading:
 * CLOCK_BOOTTIME runs on while it sleeps, CLOCK_REALTIME is set by people and
 * NTP, CLOCK_MONOTONIC_RAW is not steered by NTP. Each is compared with
 * CLOCK_MONOTONIC, which stamps the records.
 */

export interface MachineReading {
  readonly monotonicNs: bigint;
  readonly realtimeNs: bigint;
  readonly boottimeNs: bigint;
  readonly rawNs: bigint;
  /** The four were read within this time. */
  readonly withinNs: number;
}

export interface MachineEvent {
  readonly kind: 'suspend' | 'realtime-step' | 'slew';
  readonly sizeNs: number | null;
  /** ± of the size: how long reading the clocks took. */
  readonly boundNs: number | null;
  readonly ratePpm: number | null;
}

/** Jumps below this are left to the noise of reading several clocks one after the other. */
const SMALLEST_JUMP_NS = 1e6;
/** As in rate-watch.ts: crystals wander less, NTP slews more. */
const SLEW_PPM = 50;
/** A rate over a shorter stretch says little. */
const RATE_SPAN_NS = 500e6;

export class MachineClock {
  #last: MachineReading | null = null;
  /** Where the present rate is measured from. */
  #rateFrom: MachineReading | null = null;
  #ratePpm: number | null = null;

  /** Readings of one boot, in order; an older one than the last is left out. */
  observe(now: MachineReading): MachineEvent[] {
    const before = this.#last;
    if (before !== null && now.monotonicNs < before.monotonicNs) return [];
    this.#last = now;
    if (before === null) {
      this.#rateFrom = now;
      return [];
    }
    const boundNs = before.withinNs + now.withinNs;
    const noiseNs = SMALLEST_JUMP_NS + boundNs;
    const slept = grown(before, now, 'boottimeNs', 'monotonicNs');
    const set = grown(before, now, 'realtimeNs', 'boottimeNs');
    const events: MachineEvent[] = [];
    if (slept > noiseNs) events.push({ kind: 'suspend', sizeNs: slept, boundNs, ratePpm: null });
    if (Math.abs(set) > noiseNs) events.push({ kind: 'realtime-step', sizeNs: set, boundNs, ratePpm: null });
    const slew = this.#slew(now);
    return slew === null ? events : [...events, slew];
  }

  #slew(now: MachineReading): MachineEvent | null {
    const from = this.#rateFrom as MachineReading;
    const spanNs = Number(now.monotonicNs - from.monotonicNs);
    if (spanNs < RATE_SPAN_NS) return null;
    this.#rateFrom = now;
    const ppm = (grown(from, now, 'monotonicNs', 'rawNs') / spanNs) * 1e6;
    const noisePpm = SLEW_PPM + ((from.withinNs + now.withinNs) / spanNs) * 1e6;
    const before = this.#ratePpm;
    if (before !== null && Math.abs(ppm - before) <= noisePpm) return null;
    this.#ratePpm = ppm;
    return before === null ? null : { kind: 'slew', sizeNs: null, boundNs: null, ratePpm: ppm - before };
  }
}

/** How much clock `a` gained on clock `b`, ns. */
function grown(
  before: MachineReading,
  now: MachineReading,
  a: Exclude<keyof MachineReading, 'withinNs'>,
  b: Exclude<keyof MachineReading, 'withinNs'>,
): number {
  return Number(now[a] - now[b] - (before[a] - before[b]));
}
