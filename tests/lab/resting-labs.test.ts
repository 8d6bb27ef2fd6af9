import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/booted-lab.ts';
import { RestingLabs } from '../../lab/resting-labs.ts';

/** A lab as far as its processes' CPU time goes. */
function lab(cpu: { seconds: number }): Lab {
  return { state: { cpuSeconds: () => cpu.seconds } } as Lab;
}

describe('RestingLabs', () => {
  it('tells what each took while another one was asked, and not what it took itself', async () => {
    const [cpuA, cpuB] = [{ seconds: 7 }, { seconds: 3 }];
    const [a, b] = [lab(cpuA), lab(cpuB)];
    const resting = new RestingLabs([a, b]);
    let elapsedS = 0;
    for (const _ of [1, 2]) {
      const from = performance.now();
      await resting.beside(a, async () => {
        cpuA.seconds += 50;
        cpuB.seconds += 0.001;
        await delay(20);
      });
      elapsedS += (performance.now() - from) / 1000;
    }
    expect(resting.cpusOf(a)).toBeNull();
    const cpus = resting.cpusOf(b)!;
    expect(cpus).toBeGreaterThanOrEqual(0.002 / elapsedS);
    expect(cpus).toBeLessThan(0.002 / 0.038);
  });

  it('knows of none that rests where all NICs are in one guest', async () => {
    const only = lab({ seconds: 1 });
    const resting = new RestingLabs([only]);
    expect(await resting.beside(only, async () => 'done')).toBe('done');
    expect(resting.cpusOf(only)).toBeNull();
  });
});
