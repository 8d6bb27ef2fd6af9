import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../../server/compare/normal.ts';
import { seededRandom } from '../../../server/compare/random.ts';
import { sharesOf } from '../../../server/compare/shares.ts';

const ROWS = 4000;

function sample(seed: number, plusNs: Readonly<Record<string, number>> = {}): Map<string, Float64Array> {
  const random = seededRandom(seed);
  const layer = (name: string) =>
    Float64Array.from({ length: ROWS }, () => {
      const step = normalQuantile(Math.max(1e-12, random()));
      return 1e5 * Math.exp(0.3 * step) + (plusNs[name] ?? 0);
    });
  return new Map(['vnic.in', 'service', 'vnic.out'].map((name) => [name, layer(name)]));
}

describe('the shares of a difference', () => {
  it('are those that were planted, and come to one', () => {
    const shares = sharesOf(sample(1), sample(2, { 'vnic.in': 90_000, 'vnic.out': 10_000 }));
    const of = (name: string) => shares.find(({ layer }) => layer === name)!;
    expect(of('vnic.in').share).toBeCloseTo(0.9, 1);
    expect(of('vnic.out').share).toBeCloseTo(0.1, 1);
    expect(of('service').low).toBeLessThan(0);
    expect(of('service').high).toBeGreaterThan(0);
    expect(shares.reduce((sum, { share }) => sum + share!, 0)).toBeCloseTo(1, 9);
  });

  it('are not told where there is no difference to share', () => {
    expect(sharesOf(sample(3), sample(4)).map(({ share }) => share)).toEqual([null, null, null]);
  });

  it('count the requests of which every layer was measured, and no others', () => {
    const a = sample(5);
    const b = sample(6, { service: 50_000 });
    a.get('vnic.in')!.fill(Number.NaN, 0, ROWS / 2);
    a.get('service')!.fill(1e12, 0, ROWS / 2);
    const service = sharesOf(a, b).find(({ layer }) => layer === 'service')!;
    expect(service.low).toBeLessThan(50_000);
    expect(service.high).toBeGreaterThan(50_000);
  });

  it('are the same for the same seed', () => {
    expect(sharesOf(sample(7), sample(8), { seed: 3 })).toEqual(sharesOf(sample(7), sample(8), { seed: 3 }));
  });
});
