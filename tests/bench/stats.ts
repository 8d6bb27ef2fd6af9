/**
 * Do the intervals of a comparison hold what they promise? Pairs of samples
 * whose true difference is known are compared again and again: a 95 % interval
 * must hold it in 93 to 97 of a hundred, and of equals a whole comparison must
 * call a difference in at most one of twenty. Beside it, for the same samples,
 * the naive bootstrap and the Mann-Whitney test. Exits 1 when a target is missed.
 *   --quick  200 pairs of each kind instead of 2,000   --json  one JSON object
 *   --rows <n>  of each sample (6000)                   --seed <n>
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../../server/compare/random.ts';
import { QUANTILES, shiftsOf } from '../../server/compare/shifts.ts';
import { allPairs, type Pairs } from './stats-pairs.ts';
import { mannWhitneyHolds, naiveHolds } from './stats-rivals.ts';
import type { Random } from './stats-shapes.ts';

const { quick, json, rows, seed } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rows: { type: 'string', default: '6000' },
    seed: { type: 'string', default: '1' },
  },
}).values;
const PAIRS = quick ? 200 : 2000;
/** The naive bootstrap sorts every draw: fewer pairs tell enough. */
const NAIVE_PAIRS = quick ? 20 : 60;
const NAIVE_QUANTILE = 0.9;
const COVERAGE: readonly [number, number] = [0.93, 0.97];
const FALSE_ALARMS = 0.05;
/** Standard deviations of a share's own scatter that a run may be off by luck. */
const LUCK = 3;

interface Row {
  pairs: string;
  /** Share of the intervals that hold the truth, by quantile; null where a sample is too small for it. */
  coverage: (number | null)[];
  /** Of comparisons of equals that called a difference; null where there is one. */
  falseAlarms: number | null;
  naive: number;
  /** Of tests that found no difference; null where there is one. */
  mannWhitney: number | null;
}

function share(count: number, of: number): number {
  return count / of;
}

function measure(pairs: Pairs, random: Random): Row {
  const truths = QUANTILES.map(pairs.truth);
  const areEqual = truths.every((truth) => truth === 0);
  const hits = QUANTILES.map(() => 0);
  const tried = QUANTILES.map(() => 0);
  let [alarms, naive, mannWhitney] = [0, 0, 0];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [a, b] = pairs.draw(random, Number(rows));
    const options = { seed: pair + 1, draws: 400, rounds: pairs.rounds };
    const shifts = shiftsOf(new Map([['all', a]]), new Map([['all', b]]), options);
    for (const { quantile, low, high } of shifts) {
      const n = (QUANTILES as readonly number[]).indexOf(quantile);
      tried[n]! += 1;
      if (low <= truths[n]! && high >= truths[n]!) hits[n]! += 1;
    }
    if (shifts.some(({ bandLow, bandHigh }) => bandLow > 0 || bandHigh < 0)) alarms += 1;
    if (areEqual && mannWhitneyHolds(a, b)) mannWhitney += 1;
    const naiveTruth = pairs.truth(NAIVE_QUANTILE);
    if (pair < NAIVE_PAIRS && naiveHolds(a, b, NAIVE_QUANTILE, naiveTruth, random)) naive += 1;
  }
  return {
    pairs: pairs.name,
    coverage: hits.map((count, n) => (tried[n]! === 0 ? null : share(count, tried[n]!))),
    falseAlarms: areEqual ? share(alarms, PAIRS) : null,
    naive: share(naive, NAIVE_PAIRS),
    mannWhitney: areEqual ? share(mannWhitney, PAIRS) : null,
  };
}

/** Half-width of what luck does to a share of so many pairs. */
function luck(p: number): number {
  return LUCK * Math.sqrt((p * (1 - p)) / PAIRS);
}

function missedTargets(all: readonly Row[]): string[] {
  const missed: string[] = [];
  for (const { pairs, coverage, falseAlarms } of all) {
    for (const [n, covered] of coverage.entries()) {
      if (covered === null) continue;
      const [low, high] = COVERAGE;
      if (covered < low - luck(low) || covered > high + luck(high)) {
        missed.push(
          `${pairs}: the interval at p${QUANTILES[n]! * 100} holds in ${percent(covered)}, wanted 93 to 97 %`,
        );
      }
    }
    if (falseAlarms !== null && falseAlarms > FALSE_ALARMS + luck(FALSE_ALARMS)) {
      missed.push(`${pairs}: false alarms in ${percent(falseAlarms)} of the comparisons, wanted ≤ 5 %`);
    }
  }
  return missed;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function print(all: readonly Row[], missed: readonly string[]): void {
  console.log(`intervals of ${PAIRS} comparisons, ${rows} requests each; share that holds the truth, 95 % wanted`);
  const head = ['', ...QUANTILES.map((q) => `p${q * 100}`), 'false alarms', 'naive p90', 'Mann-Whitney'];
  const table = [head, ...all.map((row) => cellsOf(row))];
  const widths = head.map((_, n) => Math.max(...table.map((cells) => cells[n]!.length)));
  for (const cells of table) {
    console.log(cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  '));
  }
  for (const sentence of missed) console.log(`missed: ${sentence}`);
}

function cellsOf({ pairs, coverage, falseAlarms, naive, mannWhitney }: Row): string[] {
  const cells = [...coverage, falseAlarms, naive, mannWhitney].map((each) => (each === null ? '-' : percent(each)));
  return [pairs, ...cells];
}

const random = seededRandom(Number(seed));
const all = allPairs(random).map((pairs) => {
  console.error(`stats: ${pairs.name}`);
  return measure(pairs, random);
});
const missed = missedTargets(all);
if (json)
  console.log(
    JSON.stringify({ benchmark: 'stats', node: process.version, pairs: PAIRS, rows: Number(rows), all, missed }),
  );
else print(all, missed);
if (missed.length > 0) process.exitCode = 1;
