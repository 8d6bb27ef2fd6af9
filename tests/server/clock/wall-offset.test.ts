import { describe, expect, it } from 'vitest';
import type { MachineReading } from '../../../server/clock/machine-clock.ts';
import { pairedOffset, WallOffset } from '../../../server/clock/wall-offset.ts';

const HOST_WALL = 1_700_000_000_000_000_000n;
const GUEST_WALL = 1_700_000_123_000_000_000n;

/** Read `lateNs` after the middle of the reading. */
function reading(wall: bigint, monotonicNs: bigint, withinNs: number, lateNs: number): MachineReading {
  const realtimeNs = wall + monotonicNs + BigInt(lateNs);
  return { monotonicNs, realtimeNs, boottimeNs: monotonicNs, rawNs: monotonicNs, withinNs };
}

describe('WallOffset', () => {
  it('keeps the reading that took least time, within whose bound the truth is', () => {
    const wall = new WallOffset();
    expect(wall.best).toBeNull();
    for (const [within, late] of [
      [9_000, 4_400],
      [1_001, -500],
      [90_000, 45_000],
    ] as const) {
      wall.observe(reading(HOST_WALL, 5_000n, within, late));
      expect(Math.abs(Number((wall.best?.ns as bigint) - HOST_WALL))).toBeLessThanOrEqual(wall.best?.boundNs as number);
    }
    expect(wall.best?.boundNs).toBe(502);
  });

  it('starts again when the clock was set', () => {
    const wall = new WallOffset();
    wall.observe(reading(HOST_WALL, 5_000n, 1_000, 0));
    wall.observe(reading(HOST_WALL + 3_000_000n, 6_000n, 40_000, 100));
    expect(wall.best).toEqual({ ns: HOST_WALL + 3_000_100n, boundNs: 20_001 });
  });
});

describe('an offset from a pairing', () => {
  it('holds within its bound whatever the wall clocks show', () => {
    const [host, guest] = [new WallOffset(), new WallOffset()];
    host.observe(reading(HOST_WALL, 50_000_000_000n, 1_400, 650));
    guest.observe(reading(GUEST_WALL, 20_000_000_000n, 2_600, -1_250));
    // At one instant the host's monotonic clock shows 51 s, the guest's 20.5 s.
    const pairing = { hostRealtimeNs: HOST_WALL + 51_000_000_000n, guestRealtimeNs: GUEST_WALL + 20_500_000_000n };
    const { offsetNs, guestNs, boundNs } = pairedOffset(pairing, host, guest) as NonNullable<
      ReturnType<typeof pairedOffset>
    >;
    expect(Math.abs(Number(offsetNs - 30_500_000_000n))).toBeLessThanOrEqual(boundNs);
    expect(Math.abs(Number(guestNs - 20_500_000_000n))).toBeLessThanOrEqual(boundNs);
    expect(boundNs).toBeLessThan(2_200);
  });

  it('is unknown while one machine has told nothing of its clocks', () => {
    const known = new WallOffset();
    known.observe(reading(HOST_WALL, 1n, 10, 0));
    expect(pairedOffset({ hostRealtimeNs: 1n, guestRealtimeNs: 1n }, known, new WallOffset())).toBeNull();
  });
});
