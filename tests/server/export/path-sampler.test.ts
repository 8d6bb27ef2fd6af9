import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathSampler, type Verdict } from '../../../server/export/path-sampler.ts';

function count(verdicts: Verdict[], wanted: Verdict): number {
  return verdicts.filter((verdict) => verdict === wanted).length;
}

describe('PathSampler', () => {
  it('takes the share of the paths whose random number is below it', () => {
    let i = 0;
    const sampler = new PathSampler({ share: 0.01, samplesPerSecond: 1e9, random: () => (i++ % 1000) / 1000 });
    const verdicts = Array.from({ length: 10_000 }, (_, k) => sampler.decide(k, 100, null));
    expect(count(verdicts, 'sample')).toBe(100);
    expect(count(verdicts, 'skipped')).toBe(9_900);
  });

  it('chooses slow paths beside the sample, and none while slow is not known', () => {
    const sampler = new PathSampler({ share: 0 });
    expect(sampler.decide(0, 501, 500)).toBe('slow');
    expect(sampler.decide(0, 500, 500)).toBe('skipped');
    expect(sampler.decide(0, 1e9, null)).toBe('skipped');
    expect(sampler.decide(0, Number.NaN, 500)).toBe('skipped');
  });

  it('gives a slow path its own room when the sample of the second is full', () => {
    const sampler = new PathSampler({ share: 1, samplesPerSecond: 1, slowPerSecond: 1 });
    const verdicts = [0, 1, 2].map(() => sampler.decide(0, 900, 500));
    expect(verdicts).toEqual(['sample', 'slow', 'limited']);
  });

  it('never takes more than the bound in one second, whatever the order of times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 300 }), (times) => {
        const sampler = new PathSampler({ share: 1, samplesPerSecond: 7 });
        const taken = new Map<number, number>();
        let newest = 0;
        for (const atMs of times) {
          newest = Math.max(newest, Math.floor(atMs / 1000));
          if (sampler.decide(atMs, 1, null) === 'sample') taken.set(newest, (taken.get(newest) ?? 0) + 1);
        }
        for (const perSecond of taken.values()) expect(perSecond).toBeLessThanOrEqual(7);
        expect([...taken.values()].reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(Math.min(7, times.length));
      }),
    );
  });
});
