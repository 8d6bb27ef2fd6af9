import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Envelope } from '../../../server/clock/envelope.ts';
import { type Points, points } from '../../../server/clock/hull.ts';

type Limit = readonly [x: number, y: number];

const x = fc.integer({ min: -1e9, max: 1e9 });
const limits = fc.array(fc.tuple(x, fc.integer({ min: -1e6, max: 1e6 })), { minLength: 1, maxLength: 60 });

function sorted(all: readonly Limit[]): Points {
  const p = points(all.length);
  for (const [at, y] of all.toSorted((a, b) => a[0] - b[0])) {
    p.x[p.count] = at;
    p.y[p.count] = y;
    p.count++;
  }
  return p;
}

describe('Envelope', () => {
  it('says at any x, asked in any order, what all limits together say when each widens with its distance', () => {
    fc.assert(
      fc.property(limits, limits, fc.array(x, { minLength: 1, maxLength: 20 }), (lower, upper, asked) => {
        const slope = 1e-3;
        const envelope = new Envelope(sorted(lower), sorted(upper), slope);
        for (const at of asked) {
          const lowest = Math.max(...lower.map(([px, y]) => y - slope * Math.abs(at - px)));
          const highest = Math.min(...upper.map(([px, y]) => y + slope * Math.abs(at - px)));
          expect(envelope.lowestAt(at)).toBeCloseTo(lowest, 3);
          expect(envelope.highestAt(at)).toBeCloseTo(highest, 3);
        }
      }),
    );
  });
});
