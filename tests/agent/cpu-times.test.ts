import { describe, expect, it } from 'vitest';
import { CpuTimes } from '../../agent/cpu-times.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

describe('CPUs that were busy', () => {
  it('are counted in CPUs: all but idle, waiting for a disk and what the hypervisor took; softirq apart', () => {
    const cpus = '\ncpu0 1\ncpu1 1\nintr 1';
    const readings = [
      `cpu  100 10 50 800 40 5 5 20${cpus}`,
      `cpu  140 20 70 880 60 10 24 35${cpus}`,
      `cpu  140 20 70 880 60 10 24 35${cpus}`,
    ];
    const times = new CpuTimes(() => readings.shift() ?? '');
    expect(times.sample()).toBeNull();
    // 94 of 209 ticks on two CPUs, 19 of them softirq.
    const { busy, softirq } = times.sample()!;
    expect(busy).toBeCloseTo((94 / 209) * 2);
    expect(softirq).toBeCloseTo((19 / 209) * 2);
    expect(times.sample()).toBeNull();
  });

  it('are at least one while a program of this machine keeps one busy', async () => {
    const program = new Program('sh', ['-c', 'while :; do :; done']);
    const times = new CpuTimes();
    try {
      const { busy, softirq } = (await until(
        () => times.sample() ?? { busy: 0, softirq: 0 },
        (seen) => seen.busy > 0.5,
      ))!;
      expect(busy).toBeGreaterThan(0.5);
      expect(softirq).toBeLessThan(busy);
    } finally {
      await program.end('SIGKILL');
    }
  });
});
