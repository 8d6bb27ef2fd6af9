/** What happened to the clocks of all machines: counts for ever, the newest in full. */
import { MachineClock, type MachineReading } from './clock/machine-clock.ts';
import { CLOCK_EVENTS, type ClockEvent, type ClockEventKind } from './wire/clock-views.ts';
import type { ClockReading } from './wire/messages.ts';

export const REMEMBERED_CLOCK_EVENTS = 32;

export class ClockEvents {
  readonly counts = Object.fromEntries(CLOCK_EVENTS.map((kind) => [kind, 0])) as Record<ClockEventKind, number>;
  readonly #newest: ClockEvent[] = [];
  /** By source. */
  readonly #machines = new Map<number, MachineClock>();

  /** Oldest first. */
  get newest(): ClockEvent[] {
    return this.#newest.map((event) => ({ ...event }));
  }

  add(event: ClockEvent): void {
    this.counts[event.kind]++;
    this.#newest.push(event);
    if (this.#newest.length > REMEMBERED_CLOCK_EVENTS) this.#newest.shift();
  }

  /** A reading that an agent has just reported. */
  read(source: number, reading: MachineReading, machine: string, atMs: number): void {
    const clock = this.#machines.get(source) ?? new MachineClock();
    this.#machines.set(source, clock);
    for (const event of clock.observe(reading)) this.add({ ...event, atMs, machine });
  }

  /** A source's number will be used again. */
  forget(source: number): void {
    this.#machines.delete(source);
  }
}

/** A reading as it came over the wire, as numbers. */
export function machineReading(reading: ClockReading): MachineReading {
  return {
    monotonicNs: BigInt(reading.monotonicNs),
    realtimeNs: BigInt(reading.realtimeNs),
    boottimeNs: BigInt(reading.boottimeNs),
    rawNs: BigInt(reading.rawNs),
    withinNs: reading.withinNs,
  };
}
