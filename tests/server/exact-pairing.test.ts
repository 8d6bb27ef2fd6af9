import { describe, expect, it } from 'vitest';
import { PairClock } from '../../server/clock/clock.ts';
import { ExactPairing } from '../../server/exact-pairing.ts';
import type { Pair } from '../../server/pair-clocks.ts';

const [HOST, GUEST] = [3, 4];
/** Host's CLOCK_MONOTONIC − guest's; what both wall clocks show at zero. */
const OFFSET_NS = 7_000_000_000n;
const HOST_WALL = 1_800_000_000_000_000_000n;
const GUEST_WALL = 1_800_000_044_000_000_000n;
/** CLOCK_MONOTONIC at which the stamps of each source are 0. */
const BASES: Record<number, bigint> = { [HOST]: 90_000_000_000n, [GUEST]: 83_500_000_000n };
const baseOf = (source: number) => BASES[source] as bigint;

function reading(wall: bigint, monotonicNs: bigint) {
  return { monotonicNs, realtimeNs: wall + monotonicNs, boottimeNs: monotonicNs, rawNs: monotonicNs, withinNs: 2_000 };
}

/** A pair whose clock has seen a second of traffic, 30 µs each way. */
function pairWithTraffic(): Pair {
  const clock = new PairClock();
  const relative = Number(OFFSET_NS - (baseOf(HOST) - baseOf(GUEST)));
  for (let t = 0; t < 1e9; t += 2e6) clock.observe(t, t + 30_000 - relative, t + 200_000 - relative, t + 230_000);
  return { host: HOST, guest: GUEST, clock, fit: clock.fit(), fresh: false, checkedMs: 0, zeroMs: 0 };
}

/** What the hypervisor tells at the guest's `monotonicNs`, off by `wrongNs`. */
function pairing(monotonicNs: bigint, wrongNs = 0n) {
  return { hostRealtimeNs: HOST_WALL + monotonicNs + OFFSET_NS + wrongNs, guestRealtimeNs: GUEST_WALL + monotonicNs };
}

describe('ExactPairing', () => {
  const atNs = baseOf(GUEST) + 400_000_000n;

  it('agrees with the line through the traffic, with a smaller bound', () => {
    const exact = new ExactPairing();
    const pair = pairWithTraffic();
    exact.read(HOST, reading(HOST_WALL, 91_000_000_000n), null, '');
    exact.read(GUEST, reading(GUEST_WALL, atNs), pairing(atNs), '');
    expect(exact.check(pair, baseOf, 1)).toBeNull();
    const view = exact.view(pair);
    expect(view).toMatchObject({ method: 'ptp_kvm', agrees: true, reason: '' });
    expect(Math.abs((view?.offsetNs as number) - Number(OFFSET_NS))).toBeLessThanOrEqual(view?.boundNs as number);
    expect(view?.boundNs).toBeLessThan(pair.fit?.boundNs as number);
  });

  it('tells once when the two contradict each other by more than both bounds', () => {
    const exact = new ExactPairing();
    const pair = pairWithTraffic();
    exact.read(HOST, reading(HOST_WALL, 91_000_000_000n), null, '');
    const told = [0n, 500_000n, 500_000n, 0n].map((wrong) => {
      exact.read(GUEST, reading(GUEST_WALL, atNs), pairing(atNs, wrong), '');
      return exact.check(pair, baseOf, 9);
    });
    expect(told.map((event) => event?.kind)).toEqual([undefined, 'disagree', undefined, undefined]);
    expect(Math.abs((told[1]?.sizeNs as number) + 500_000)).toBeLessThanOrEqual(told[1]?.boundNs as number);
  });

  it('says why there is none', () => {
    const exact = new ExactPairing();
    const pair = pairWithTraffic();
    expect(exact.view(pair)).toBeNull();
    exact.read(GUEST, reading(GUEST_WALL, atNs), null, 'no such clock');
    expect(exact.check(pair, baseOf, 1)).toBeNull();
    const nothing = { offsetNs: null, boundNs: null, agrees: null };
    expect(exact.view(pair)).toEqual({ method: 'ptp_kvm', ...nothing, reason: 'no such clock' });
  });
});
