import { describe, expect, it } from 'vitest';
import { CpuBusy } from '../../agent/cpu-busy.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

describe('CPUs that were busy', () => {
  it('are counted in CPUs: all but idle, waiting for a disk and what the hypervisor took', () => {
    const cpus = '\ncpu0 1\ncpu1 1\nintr 1';
    const readings = [
      `cpu  100 10 50 800 40 5 5 20${cpus}`,
      `cpu  140 20 70 880 60 10 5 35${cpus}`,
      `cpu  140 20 70 880 60 10 5 35${cpus}`,
    ];
    const busy = new CpuBusy(() => readings.shift() ?? '');
    expect(busy.sample()).toBeNull();
    // 75 of 190 ticks on two CPUs.
    expect(busy.sample()).toBeCloseTo((75 / 190) * 2);
    expect(busy.sample()).toBeNull();
  });

  it('are at least one while a program of this machine keeps one busy', async () => {
    const program = new Program('sh', ['-c', 'while :; do :; done']);
    const busy = new CpuBusy();
    try {
      expect(
        await until(
          () => busy.sample() ?? 0,
          (seen) => seen > 0.5,
        ),
      ).toBeGreaterThan(0.5);
    } finally {
      await program.end('SIGKILL');
    }
  });
});
