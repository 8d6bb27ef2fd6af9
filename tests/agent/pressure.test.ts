import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Pressure } from '../../agent/pressure.ts';
import { until } from './until.ts';

const busy: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of busy.splice(0)) child.kill('SIGKILL');
});

describe('pressure', () => {
  it('is the share of the time between two readings in which some task waited', () => {
    const texts = [
      'some avg10=1.00 avg60=1.00 avg300=1.00 total=1000000\nfull avg10=0.00 total=7',
      'some total=1250000',
    ];
    const pressure = new Pressure('cpu', () => texts.shift() ?? '');
    expect(pressure.sample(1_000)).toBeNull();
    expect(pressure.sample(2_000)).toBe(0.25);
  });

  it('is unknown where the kernel does not tell it', () => {
    const pressure = new Pressure('cpu', () => '');
    expect([pressure.sample(1_000), pressure.sample(2_000)]).toEqual([null, null]);
  });

  it.runIf(existsSync('/proc/pressure/cpu'))('rises when two programs want one CPU', async () => {
    const pressure = new Pressure('cpu');
    pressure.sample();
    for (let i = 0; i < 2; i++) busy.push(spawn('taskset', ['-c', '0', 'sh', '-c', 'while :; do :; done']));
    const share = await until(
      () => pressure.sample() ?? 0,
      (seen) => seen > 0.5,
    );
    expect(share).toBeLessThanOrEqual(1);
  });
});
