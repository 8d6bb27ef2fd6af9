import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../../server/compare/normal.ts';
import { seededRandom } from '../../../server/compare/random.ts';
import { type Sample, shiftsOf } from '../../../server/compare/shifts.ts';

const ROWS = 4000;

/** Requests that resemble their neighbours: the logarithm is an autoregression. */
function related(random: () => number, rho: number, plusNs = 0): Float64Array {
  const step = () => normalQuantile(Math.max(1e-12, random()));
  let state = step();
  return Float64Array.from({ length: ROWS }, () => {
    state = rho * state + Math.sqrt(1 - rho * rho) * step();
    return 1e6 * Math.exp(0.3 * state) + plusNs;
  });
}

function sample(seed: number, rho: number, plusNs = 0): Sample {
  const random = seededRandom(seed);
  return new Map([
    ['vnic.in', related(random, rho, plusNs)],
    ['service', related(random, rho)],
  ]);
}

describe('the shifts between two samples', () => {
  it('find a planted difference where it is, and none where there is none', () => {
    const shifts = shiftsOf(sample(1, 0.3), sample(2, 0.3, 200_000));
    for (const { layer, bandLow, bandHigh } of shifts) {
      const planted = layer === 'vnic.in' ? 200_000 : 0;
      expect(bandLow).toBeLessThanOrEqual(planted);
      expect(bandHigh).toBeGreaterThanOrEqual(planted);
    }
    const median = shifts.find(({ layer, quantile }) => layer === 'vnic.in' && quantile === 0.5)!;
    expect(median.bandLow).toBeGreaterThan(0);
    expect(Math.abs(median.shift - 200_000)).toBeLessThan(median.detectable);
  });

  it('are the same for the same seed, and hardly others for another one', () => {
    const [a, b] = [sample(3, 0.5), sample(4, 0.5)];
    expect(shiftsOf(a, b, { seed: 5 })).toEqual(shiftsOf(a, b, { seed: 5 }));
    const [one, other] = [shiftsOf(a, b, { seed: 5 }), shiftsOf(a, b, { seed: 6 })];
    for (const [n, { shift, low, high }] of one.entries()) {
      expect(other[n]!.shift).toBe(shift);
      expect(Math.abs(other[n]!.high - high)).toBeLessThan((high - low) / 4);
    }
  });

  it('turn round with the samples', () => {
    const [a, b] = [sample(7, 0.3), sample(8, 0.3, 100_000)];
    const [forth, back] = [shiftsOf(a, b), shiftsOf(b, a)];
    for (const [n, { shift }] of forth.entries()) expect(back[n]!.shift).toBeCloseTo(-shift, 6);
  });

  it('have wider intervals where requests resemble their neighbours', () => {
    const width = (rho: number) => {
      const [first] = shiftsOf(sample(9, rho), sample(10, rho));
      return first!.high - first!.low;
    };
    expect(width(0.9)).toBeGreaterThan(2 * width(0));
  });

  it('keep to quantiles that enough values lie beyond, and to layers that both have', () => {
    const few = new Map([
      ['wait', Float64Array.from({ length: 100 }, (_, i) => 1000 + i)],
      ['service', new Float64Array(100).fill(Number.NaN)],
    ]);
    const other = new Map([
      ['wait', Float64Array.from({ length: 100 }, (_, i) => 1000 + i)],
      ['service', new Float64Array(100).fill(5)],
    ]);
    expect(shiftsOf(few, other).map(({ layer, quantile }) => [layer, quantile])).toEqual([['wait', 0.5]]);
    expect(shiftsOf(new Map([['wait', few.get('wait')!]]), new Map([['service', other.get('service')!]]))).toEqual([]);
  });

  it('say of equal constants that they are equal, without an error', () => {
    const constant = new Map([['nic.in', new Float64Array(1000).fill(700)]]);
    for (const shift of shiftsOf(constant, constant)) {
      expect(shift).toMatchObject({ a: 700, b: 700, shift: 0, low: 0, high: 0, bandLow: 0, bandHigh: 0 });
    }
  });

  // 200 comparisons of equals: the share of false alarms has a standard error of 1.5 %.
  it('call a difference in hardly more than one of twenty comparisons of equals', () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) {
      const shifts = shiftsOf(sample(1000 + seed, 0.8), sample(5000 + seed, 0.8), { draws: 200 });
      if (shifts.some(({ bandLow, bandHigh }) => bandLow > 0 || bandHigh < 0)) alarms += 1;
    }
    expect(alarms / 200).toBeLessThan(0.1);
  }, 60_000);
});
