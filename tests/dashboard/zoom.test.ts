import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_S, lengthOf, panned, parseRange, SHORTEST_S, settled, zoomed } from '../../dashboard/zoom.ts';

const NOW = 1_800_000_000;

describe('a stretch of time', () => {
  it('is whole seconds, in order, not too short, and not in the future', () => {
    expect(settled({ fromS: 100.7, toS: 90.2 }, NOW)).toEqual({ fromS: 90, toS: 101 });
    expect(settled({ fromS: NOW - 1, toS: NOW + 9 }, NOW)).toEqual({ fromS: NOW - 10, toS: NOW });
    const times = fc.double({ min: 0, max: 2 * NOW, noNaN: true });
    fc.assert(
      fc.property(times, times, (fromS, toS) => {
        const range = settled({ fromS, toS }, NOW);
        expect([Number.isInteger(range.fromS), Number.isInteger(range.toS)]).toEqual([true, true]);
        expect(lengthOf(range)).toBeGreaterThanOrEqual(SHORTEST_S);
        expect(lengthOf(range)).toBeLessThanOrEqual(LONGEST_S);
        expect(range.toS).toBeLessThanOrEqual(NOW);
        expect(settled(range, NOW)).toEqual(range);
      }),
    );
  });

  it('is looked at nearer or from further off, what is pointed at stays in place', () => {
    const range = { fromS: NOW - 1000, toS: NOW - 900 };
    expect(zoomed(range, 0.5, NOW)).toEqual({ fromS: NOW - 975, toS: NOW - 925 });
    expect(zoomed(range, 0.5, NOW, range.fromS)).toEqual({ fromS: NOW - 1000, toS: NOW - 950 });
    expect(zoomed(zoomed(range, 0.5, NOW), 2, NOW)).toEqual(range);
    expect(zoomed({ fromS: NOW - 10, toS: NOW }, 2, NOW)).toEqual({ fromS: NOW - 20, toS: NOW });
  });

  it('moves by a share of its length, no further than now', () => {
    const range = { fromS: NOW - 1000, toS: NOW - 900 };
    expect(panned(range, -0.5, NOW)).toEqual({ fromS: NOW - 1050, toS: NOW - 950 });
    expect(panned(panned(range, 0.5, NOW), -0.5, NOW)).toEqual(range);
    expect(panned({ fromS: NOW - 20, toS: NOW - 4 }, 0.5, NOW)).toEqual({ fromS: NOW - 16, toS: NOW });
  });

  it('is read from an address, or nothing is', () => {
    expect(parseRange('100', '200')).toEqual({ fromS: 100, toS: 200 });
    for (const [from, to] of [
      [null, '5'],
      ['5', null],
      ['9', '5'],
      ['-5', '5'],
      ['1e3', '5000'],
      ['0', `${LONGEST_S + 1}`],
    ]) {
      expect(parseRange(from!, to!)).toBeNull();
    }
  });
});
