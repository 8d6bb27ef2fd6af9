import { describe, expect, it } from 'vitest';
import { MachineClock, type MachineReading } from '../../../server/clock/machine-clock.ts';

const WITHIN_NS = 2_000;

/** A machine whose clocks are known; `read` gives them with the noise of one reading after the other. */
class Machine {
  monotonic = 5_000_000_000_000n;
  realtime = 1_800_000_000_000_000_000n;
  boottime = 5_000_000_000_000n;
  raw = 5_000_000_000_000n;
  #readings = 0;

  /** `ppm` is what NTP makes CLOCK_MONOTONIC faster than the oscillator. */
  run(ns: bigint, ppm = 0): this {
    this.raw += ns;
    const steered = ns + BigInt(Math.round((Number(ns) * ppm) / 1e6));
    this.monotonic += steered;
    this.boottime += steered;
    this.realtime += steered;
    return this;
  }

  sleep(ns: bigint): this {
    this.boottime += ns;
    this.realtime += ns;
    return this;
  }

  read(): MachineReading {
    const late = (n: number) => BigInt((this.#readings++ * 977 * n) % WITHIN_NS);
    return {
      monotonicNs: this.monotonic + late(1),
      realtimeNs: this.realtime + late(2),
      boottimeNs: this.boottime + late(3),
      rawNs: this.raw + late(4),
      withinNs: WITHIN_NS,
    };
  }
}

const SECOND = 1_000_000_000n;

function started(machine: Machine): MachineClock {
  const clock = new MachineClock();
  for (let i = 0; i < 5; i++) expect(clock.observe(machine.run(SECOND).read())).toEqual([]);
  return clock;
}

describe('MachineClock', () => {
  it('says nothing of a machine that runs on, however NTP has steered it from the start', () => {
    const machine = new Machine();
    const clock = new MachineClock();
    for (let i = 0; i < 100; i++) expect(clock.observe(machine.run(SECOND, 35).read())).toEqual([]);
  });

  it('tells a suspend by its length, and not as a set clock', () => {
    const machine = new Machine();
    const clock = started(machine);
    const [event, ...more] = clock.observe(
      machine
        .sleep(90n * SECOND)
        .run(SECOND)
        .read(),
    );
    expect(more).toEqual([]);
    expect(event).toMatchObject({ kind: 'suspend', ratePpm: null });
    expect(Math.abs((event?.sizeNs as number) - 90e9)).toBeLessThan(2 * WITHIN_NS);
  });

  it.each([3_600e9, -3_600e9, 5e6, -5e6])('tells a wall clock that was set by %d ns', (ns) => {
    const machine = new Machine();
    const clock = started(machine);
    machine.realtime += BigInt(ns);
    const [event, ...more] = clock.observe(machine.run(SECOND).read());
    expect(more).toEqual([]);
    expect(event?.kind).toBe('realtime-step');
    expect(Math.abs((event?.sizeNs as number) - ns)).toBeLessThan(2 * WITHIN_NS);
    expect(clock.observe(machine.run(SECOND).read())).toEqual([]);
  });

  it('tells both when a machine slept and its clock was set', () => {
    const machine = new Machine();
    const clock = started(machine);
    machine.realtime -= 7n * SECOND;
    const kinds = clock
      .observe(
        machine
          .sleep(30n * SECOND)
          .run(SECOND)
          .read(),
      )
      .map(({ kind }) => kind);
    expect(kinds).toEqual(['suspend', 'realtime-step']);
  });

  it('tells where a slew begins and where it ends, once each', () => {
    const machine = new Machine();
    const clock = started(machine);
    const events = [500, 500, 500, 0, 0].flatMap((ppm) => clock.observe(machine.run(SECOND, ppm).read()));
    expect(events.map(({ kind }) => kind)).toEqual(['slew', 'slew']);
    expect(events.map(({ ratePpm }) => Math.round((ratePpm as number) / 10) * 10)).toEqual([500, -500]);
  });

  it('leaves out a reading that is older than the last', () => {
    const machine = new Machine();
    const old = machine.read();
    const clock = started(machine);
    expect(clock.observe({ ...old, realtimeNs: 0n })).toEqual([]);
    expect(clock.observe(machine.run(SECOND).read())).toEqual([]);
  });
});
