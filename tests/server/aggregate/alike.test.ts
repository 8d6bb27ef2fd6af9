import { expect, it } from 'vitest';
import { alikeEnd } from '../../../server/aggregate/alike.ts';
import { RunAggregate } from '../../../server/aggregate/run-aggregate.ts';
import { pathsWithLayers } from '../store/some-paths.ts';

/** Of one VM, second and class. */
const PATHS = pathsWithLayers(3_000);

it('exchanges are alike until another VM, second or class comes', () => {
  const paths = pathsWithLayers(10);
  paths.vm[3] = 1;
  paths.atMs[6] = 1_000;
  paths.class[8] = 2;
  const ends = [0, 3, 4, 6, 7, 8, 9].map((from) => alikeEnd(paths, from, 10));
  expect(ends).toEqual([3, 4, 6, 7, 8, 9, 10]);
  expect(alikeEnd(paths, 0, 2)).toBe(2);
});

it('thousands of alike exchanges at once are counted as a few at a time are', () => {
  const [atOnce, byFew] = [new RunAggregate(), new RunAggregate()];
  // Twice, so that the second time comes after what was counted together before.
  for (let times = 0; times < 2; times++) {
    atOnce.add(PATHS, 0, 3_000, ['a']);
    for (let at = 0; at < 3_000; at += 100) byFew.add(PATHS, at, at + 100, ['a']);
  }
  expect(atOnce.counts).toEqual(byFew.counts);
  expect(atOnce.series(0, 9)).toEqual(byFew.series(0, 9));
  expect(atOnce.whole().measured()).toEqual(byFew.whole().measured());
});
