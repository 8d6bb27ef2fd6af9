import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollUp } from '../../../server/aggregate/roll-up.ts';
import { addRollUpBytes, rollUpBytes } from '../../../server/aggregate/roll-up-bytes.ts';
import { somePaths } from '../store/some-paths.ts';

const times = fc.array(fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 2 ** 45 })), { maxLength: 40 });

function rollUpOf(endToEnd: readonly number[], exchangeClass = 0): RollUp {
  const rollUp = new RollUp();
  const columns = somePaths(endToEnd, 0, exchangeClass);
  for (let row = 0; row < columns.count; row++) rollUp.add(columns, row, row + 1);
  return rollUp;
}

function told(rollUp: RollUp) {
  const series = rollUp.series.map((counts) => {
    if (counts === undefined || counts.count === 0) return null;
    const { offset, counts: used } = counts.used();
    return { offset, used: [...used], zero: counts.zero, sum: counts.sum, count: counts.count };
  });
  return { counters: [...rollUp.counters], series: Array.from(series, (one) => one ?? null) };
}

describe('the bytes of a roll-up', () => {
  it('say all of it', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 3 }), (endToEnd, exchangeClass) => {
        const rollUp = rollUpOf(endToEnd, exchangeClass);
        const read = new RollUp();
        addRollUpBytes(rollUpBytes(rollUp), read);
        expect(told(read)).toEqual(told(rollUp));
      }),
    );
  });

  it('add up to the roll-up of all, and are taken away again', () => {
    fc.assert(
      fc.property(times, times, (some, others) => {
        const sum = rollUpOf(some);
        addRollUpBytes(rollUpBytes(rollUpOf(others)), sum);
        expect(told(sum)).toEqual(told(rollUpOf([...others, ...some])));
        addRollUpBytes(rollUpBytes(rollUpOf(some)), sum, -1);
        expect(told(sum)).toEqual(told(rollUpOf(others)));
      }),
    );
  });

  it('are few: some hundreds for a second of a thousand requests that are alike', () => {
    const alike = rollUpOf(Array.from({ length: 1000 }, (_, i) => 1_000_000 + 400 * ((i * 7919) % 1009)));
    expect(rollUpBytes(alike).length).toBeLessThan(400);
  });

  it('are refused where they are of another format, or end too early', () => {
    const bytes = rollUpBytes(rollUpOf([5, 7]));
    expect(() => addRollUpBytes(bytes.with(0, 9), new RollUp())).toThrow('format 9');
    expect(() => addRollUpBytes(bytes.subarray(0, -1), new RollUp())).toThrow('too early');
  });
});
