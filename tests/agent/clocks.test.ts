import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readClocks } from '../../agent/clocks.ts';

describe("a machine's clocks", () => {
  it('are read between two readings of the same clocks by others', () => {
    const before = process.hrtime.bigint();
    const wallBeforeMs = Date.now();
    const read = readClocks();
    const wallAfterMs = Date.now();
    const after = process.hrtime.bigint();
    expect(BigInt(read.monotonicNs)).toBeGreaterThan(before);
    expect(BigInt(read.monotonicNs)).toBeLessThan(after);
    expect(Number(BigInt(read.realtimeNs) / 1_000_000n)).toBeGreaterThanOrEqual(wallBeforeMs);
    expect(Number(BigInt(read.realtimeNs) / 1_000_000n)).toBeLessThanOrEqual(wallAfterMs);
    expect(read.withinNs).toBeGreaterThan(0);
    expect(read.withinNs).toBeLessThan(Number(after - before));
  });

  it("have the kernel's uptime as boot time", () => {
    const shown = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    const before = shown();
    const bootS = Number(readClocks().boottimeNs) / 1e9;
    expect(bootS).toBeGreaterThanOrEqual(before);
    // Shown in hundredths, cut off.
    expect(bootS).toBeLessThan(shown() + 0.011);
  });

  it('keep their distances from one reading to the next', () => {
    const [first, second] = [readClocks(), readClocks()].map((r) => ({
      real: BigInt(r.realtimeNs) - BigInt(r.monotonicNs),
      boot: BigInt(r.boottimeNs) - BigInt(r.monotonicNs),
      within: BigInt(r.withinNs),
    }));
    for (const clock of ['real', 'boot'] as const) {
      const moved = second![clock] - first![clock];
      expect(moved < 0n ? -moved : moved).toBeLessThanOrEqual(first!.within + second!.within);
    }
  });
});
