/**
 * CLOCK_REALTIME − CLOCK_MONOTONIC of one machine. NTP steers both alike, so
 * the difference stands still until somebody sets the clock: of many readings
 * the one that took least time is the best.
 */
import type { MachineReading } from './machine-clock.ts';

export class WallOffset {
  #best: { ns: bigint; boundNs: number } | null = null;

  /** Null before the first reading. */
  get best(): { readonly ns: bigint; readonly boundNs: number } | null {
    return this.#best;
  }

  observe({ realtimeNs, monotonicNs, withinNs }: MachineReading): void {
    // The monotonic time is the middle of the reading, the wall clock was read anywhere in it.
    const now = { ns: realtimeNs - monotonicNs, boundNs: Math.ceil(withinNs / 2) + 1 };
    const best = this.#best;
    const apart = best === null ? 0 : Math.abs(Number(now.ns - best.ns));
    if (best === null || now.boundNs < best.boundNs || apart > now.boundNs + best.boundNs) this.#best = now;
  }
}

/** Both machines' CLOCK_REALTIME at one instant. */
export interface Pairing {
  readonly hostRealtimeNs: bigint;
  readonly guestRealtimeNs: bigint;
}

/** The kernels' arithmetic between TSC ticks and ns. */
const ROUNDING_NS = 100;

/**
 * Host's CLOCK_MONOTONIC − guest's, from a pairing of their wall clocks.
 * @returns null before both machines' clocks were read
 */
export function pairedOffset(
  pairing: Pairing,
  host: WallOffset,
  guest: WallOffset,
): { readonly offsetNs: bigint; readonly guestNs: bigint; readonly boundNs: number } | null {
  if (host.best === null || guest.best === null) return null;
  const guestNs = pairing.guestRealtimeNs - guest.best.ns;
  const offsetNs = pairing.hostRealtimeNs - host.best.ns - guestNs;
  return { offsetNs, guestNs, boundNs: host.best.boundNs + guest.best.boundNs + ROUNDING_NS };
}
