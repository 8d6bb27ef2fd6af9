/**
 * ptp_kvm beside the causality of traffic: two ways to one offset that know
 * nothing of each other. Where they contradict each other, both are shown.
 */
import type { MachineReading } from './clock/machine-clock.ts';
import { type Pairing, pairedOffset, WallOffset } from './clock/wall-offset.ts';
import type { Pair } from './pair-clocks.ts';
import type { ClockEvent, ClockMethodView } from './wire/clock-views.ts';
import type { ClockPairing } from './wire/messages.ts';

export const PTP_KVM = 'ptp_kvm';

interface Machine {
  readonly wall: WallOffset;
  pairing: Pairing | null;
  reason: string;
  agrees: boolean | null;
}

export class ExactPairing {
  /** By source. */
  readonly #machines = new Map<number, Machine>();

  /** What an agent reported; a host has no pairing and no reason. */
  read(source: number, reading: MachineReading, pairing: Pairing | null, reason: string): void {
    const known = this.#machines.get(source);
    const machine = known ?? { wall: new WallOffset(), pairing, reason, agrees: null };
    machine.wall.observe(reading);
    machine.pairing = pairing;
    machine.reason = reason;
    this.#machines.set(source, machine);
  }

  forget(source: number): void {
    this.#machines.delete(source);
  }

  /**
   * Hold a guest's newest pairing against the line through its traffic.
   * @param baseOf CLOCK_MONOTONIC at which a source's stamps are 0
   * @returns an event where the two begin to disagree
   */
  check(pair: Pair, baseOf: (source: number) => bigint, atMs: number): Omit<ClockEvent, 'machine'> | null {
    const machine = this.#machines.get(pair.guest);
    const exact = this.#offset(pair);
    if (machine === undefined || exact === null || pair.fit === null) return null;
    const guestNs = Number(exact.guestNs - baseOf(pair.guest));
    const offsetNs = Number(exact.offsetNs - (baseOf(pair.host) - baseOf(pair.guest)));
    const apartNs = pair.fit.offsetAt(guestNs) - offsetNs;
    const boundNs = pair.fit.boundOver(guestNs, guestNs) + exact.boundNs;
    const agreed = machine.agrees !== false;
    machine.agrees = Math.abs(apartNs) <= boundNs;
    if (machine.agrees || !agreed) return null;
    return { kind: 'disagree', atMs, sizeNs: apartNs, boundNs, ratePpm: null };
  }

  /** This rung of the ladder; null before the guest has said anything about it. */
  view(pair: Pair): ClockMethodView | null {
    const machine = this.#machines.get(pair.guest);
    if (machine === undefined) return null;
    const exact = this.#offset(pair);
    if (exact === null) return { method: PTP_KVM, offsetNs: null, boundNs: null, agrees: null, reason: machine.reason };
    const { offsetNs, boundNs } = exact;
    return { method: PTP_KVM, offsetNs: Number(offsetNs), boundNs, agrees: machine.agrees, reason: '' };
  }

  #offset(pair: Pair): ReturnType<typeof pairedOffset> {
    const guest = this.#machines.get(pair.guest);
    const host = this.#machines.get(pair.host);
    return guest?.pairing && host ? pairedOffset(guest.pairing, host.wall, guest.wall) : null;
  }
}

/** A pairing as it came over the wire, as numbers. */
export function pairingOf({ hostRealtimeNs, guestRealtimeNs }: ClockPairing): Pairing {
  return { hostRealtimeNs: BigInt(hostRealtimeNs), guestRealtimeNs: BigInt(guestRealtimeNs) };
}
