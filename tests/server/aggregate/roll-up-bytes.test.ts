import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollUp } from '../../../server/aggregate/roll-up.ts';
import { addRollUpBytes, rollUpBytes } from '../../../server/aggregate/roll-up-bytes.ts';
import { SERIES } from '../../../server/aggregate/series-set.ts';
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

/** Of any format 1, number by number and bucket by bucket. */
function readPlainly(bytes: Uint8Array, to: RollUp, times: number): void {
  let at = 0;
  const next = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++]!;
      value += (byte % 128) * unit;
      if (byte < 128) return value;
    }
  };
  next();
  for (let i = 0; i < to.counters.length; i++) to.counters[i]! += times * next();
  for (let index = next(); index > 0; index = next()) {
    const counts = to.of(index - 1);
    counts.addZero(times * next());
    counts.sum += times * next();
    const zigzag = next();
    let bucket = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    for (const end = bucket + next(); bucket < end; ) {
      const value = next();
      if (value === 0) bucket += next();
      else counts.add(bucket++, times * value);
    }
  }
}

const counted = fc.array(
  fc.record({
    series: fc.nat(SERIES.count - 1),
    bucket: fc.oneof(fc.integer({ min: 300, max: 420 }), fc.integer({ min: -900, max: 2000 })),
    count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 33 })),
  }),
  { maxLength: 300 },
);

function rollUpWith(all: readonly { series: number; bucket: number; count: number }[]): RollUp {
  const rollUp = new RollUp();
  for (const { series, bucket, count } of all) {
    rollUp.of(series).add(bucket, count);
    rollUp.count('exchanges', count);
  }
  return rollUp;
}

describe('the bytes of a roll-up', () => {
  it('are read in runs as they are read number by number, added and taken away', () => {
    fc.assert(
      fc.property(counted, counted, fc.constantFrom(1, -1), (before, added, times) => {
        const [inRuns, plainly] = [rollUpWith(before), rollUpWith(before)];
        const bytes = rollUpBytes(rollUpWith(added));
        addRollUpBytes(bytes, inRuns, times as 1 | -1);
        readPlainly(bytes, plainly, times);
        expect(told(inRuns)).toEqual(told(plainly));
        const [merged, one] = [rollUpWith(before), rollUpWith(added)];
        merged.merge(one);
        if (times === 1) expect(told(merged)).toEqual(told(plainly));
      }),
    );
  });

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
    for (let length = 0; length < bytes.length; length++) {
      expect(() => addRollUpBytes(bytes.subarray(0, length), new RollUp())).toThrow('too early');
    }
    const far = rollUpBytes(rollUpWith([{ series: 0, bucket: 2 ** 17, count: 1 }]));
    expect(() => addRollUpBytes(far, new RollUp())).toThrow('no duration');
  });
});
