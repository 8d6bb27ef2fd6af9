import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderOf } from '../../../server/store/row-order.ts';

const ticks = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 7e12, max: 7e12 + 3e6 }), fc.maxSafeNat());

describe('orderOf', () => {
  it('agrees with comparing rows by time and then by number, also where a time is not whole', () => {
    const time = fc.oneof(ticks, fc.double({ min: 0, max: 1e9, noNaN: true }));
    const rows = (of: fc.Arbitrary<number>) =>
      fc.array(fc.tuple(of, fc.integer({ min: 0, max: 2 ** 40 })), { maxLength: 99 });
    fc.assert(
      fc.property(fc.oneof(rows(ticks), rows(time)), (all) => {
        const order = orderOf(
          Float64Array.from(all, ([at]) => at),
          Float64Array.from(all, ([, number]) => number),
        );
        const wanted = all.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect([...order].map((row) => all[row])).toEqual(wanted);
        expect(new Set(order).size).toBe(all.length);
      }),
    );
  });
});
