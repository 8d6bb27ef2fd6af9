/** What the server tells of the clocks between hosts and guests. */

/**
 * What happened to a clock. `step`: the two clocks of a pair jumped against each other, as when a VM stood still;
 * `slew`: they changed their rate; `suspend`: a machine slept; `realtime-step`: its wall clock was set; `migration`:
 * a guest went on behind another host; `disagree`: two methods contradict each other by more than both bounds.
 */
export const CLOCK_EVENTS = ['step', 'slew', 'suspend', 'realtime-step', 'migration', 'disagree'] as const;
export type ClockEventKind = (typeof CLOCK_EVENTS)[number];

export interface ClockEvent {
  kind: ClockEventKind;
  atMs: number;
  /** Growth of host time − guest time (of the machine's own clock for `suspend` and `realtime-step`), ns. */
  sizeNs: number | null;
  /** ± of the size. */
  boundNs: number | null;
  /** Change of the rate, of a slew. */
  ratePpm: number | null;
  /** Hostname of the machine that it happened to; of the guest where it was a pair. */
  machine: string;
}

/** One rung of the ladder of clocks. */
export interface ClockMethodView {
  method: string;
  /** Null where this rung is not there; `reason` says why. */
  offsetNs: number | null;
  boundNs: number | null;
  /** Whether it is within both bounds of the method in use. */
  agrees: boolean | null;
  reason: string;
}

/** How guest times are brought onto the host's timeline: the pair of machines heard from last. */
export interface ClockView {
  /** `none` before there is one. */
  method: string;
  /** Host's CLOCK_MONOTONIC − guest's, and its proven ±, at the last check; holds for any rate below 1000 ppm. */
  offsetNs: number | null;
  boundNs: number | null;
  ratePpm: number | null;
  /** Wall clock of the last exchange, or pairing, that it rests on. */
  checkedMs: number | null;
  /** Fits made, and how often each kind of event happened, since the server started, all machines. */
  windows: number;
  counts: Record<ClockEventKind, number>;
  /** The newest, oldest first. */
  events: ClockEvent[];
  alternatives: ClockMethodView[];
}

/** How one path's guest times were corrected: corrected = raw + offset, each clock counted from a zero of its own. */
export interface PathClock {
  /**
   * `causality`: the fit; `own causality`: what this path alone proves, where it says more than the fit; `gap`: a clock
   * stepped within this path, no offset is true and no guest time is shown; `none`: before there was a clock.
   */
  method: 'causality' | 'own causality' | 'gap' | 'none';
  offsetNs: number | null;
  boundNs: number | null;
}
