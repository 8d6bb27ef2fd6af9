import { describe, expect, it } from 'vitest';
import { parseCondition, verdictsOf } from '../../../server/compare/fail-on.ts';
import type { Shift } from '../../../server/wire/compare-views.ts';

function shift(layer: string, quantile: number, a: number, [bandLow, ns, bandHigh]: [number, number, number]): Shift {
  return { layer, quantile, a, b: a + ns, shift: ns, low: bandLow, high: bandHigh, bandLow, bandHigh, detectable: 0 };
}

const SHIFTS = [
  shift('end to end', 0.5, 1_000_000, [40_000, 60_000, 80_000]),
  shift('end to end', 0.99, 2_000_000, [90_000, 150_000, 210_000]),
  shift('vnic.in', 0.5, 200_000, [45_000, 50_000, 55_000]),
  shift('vnic.out', 0.5, 100_000, [-5_000, 0, 5_000]),
];

function states(text: string, ...layers: string[]) {
  return verdictsOf([parseCondition(text)!], layers, SHIFTS).map(({ layer, state }) => `${layer}: ${state}`);
}

describe('a condition that a comparison must not meet', () => {
  it.each([
    ['p99>+5%', { quantile: 0.99, limit: { share: 0.05 } }],
    ['p99.9 > 2ms', { quantile: 0.999, limit: { ns: 2e6 } }],
    ['p50>-10us', { quantile: 0.5, limit: { ns: -1e4 } }],
    ['p90>1.5µs', { quantile: 0.9, limit: { ns: 1500 } }],
  ])('%s is read', (text, wanted) => {
    expect(parseCondition(text)).toEqual({ text, ...wanted });
  });

  it.each(['p95>5%', 'p99<5%', 'p99>5', '99>5%', 'p99>5%%', '', 'p99>fast'])('%j is none', (text) => {
    expect(parseCondition(text)).toBeNull();
  });

  it('holds where the whole interval is beyond the limit, and is open where the limit is within it', () => {
    expect(states('p50>+3%')).toEqual(['end to end: met']);
    expect(states('p50>+5%')).toEqual(['end to end: open']);
    expect(states('p50>+9%')).toEqual(['end to end: not met']);
    expect(states('p99>50us')).toEqual(['end to end: met']);
  });

  it('looks at the layers it is told, by pattern', () => {
    expect(states('p50>10us', 'vnic.*')).toEqual(['vnic.in: met', 'vnic.out: not met']);
    expect(states('p99>10us', 'vnic.in')).toEqual(['vnic.in: not measured']);
  });
});
