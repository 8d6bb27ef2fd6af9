/**
 * Do the intervals of a comparison hold what they promise? Pairs of samples of
 * the same known distribution are compared again and again: a 95 % interval
 * must hold the true difference, 0, in 93 to 97 of a hundred, and a whole
 * comparison must call a difference in at most one of twenty. Beside it, for
 * the same samples, the naive bootstrap and the Mann-Whitney test. Exits 1
 * when a target is missed.
 *   --quick  200 pairs of each shape instead of 2,000   --json  one JSON object
 *   --rows <n>  of each sample (6000)                   --seed <n>
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../../server/compare/random.ts';
import { QUANTILES, shiftsOf } from '../../server/compare/shifts.ts';
import { mannWhitneyHolds, naiveHolds } from './stats-rivals.ts';
import { type Random, SHAPES, type Shape } from './stats-shapes.ts';

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
  shape: string;
  /** Share of the intervals that hold 0, by quantile; null where a sample is too small for it. */
  coverage: (number | null)[];
  falseAlarms: number;
  naive: number;
  mannWhitney: number;
}

function share(count: number, of: number): number {
  return count / of;
}

function measure(shape: Shape, random: Random): Row {
  const hits = QUANTILES.map(() => 0);
  const tried = QUANTILES.map(() => 0);
  let [alarms, naive, mannWhitney] = [0, 0, 0];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [a, b] = [shape.values(random, Number(rows)), shape.values(random, Number(rows))];
    const shifts = shiftsOf(new Map([['all', a]]), new Map([['all', b]]), { seed: pair + 1, draws: 400 });
    for (const { quantile, low, high } of shifts) {
      const n = (QUANTILES as readonly number[]).indexOf(quantile);
      tried[n]! += 1;
      if (low <= 0 && high >= 0) hits[n]! += 1;
    }
    if (shifts.some(({ bandLow, bandHigh }) => bandLow > 0 || bandHigh < 0)) alarms += 1;
    if (mannWhitneyHolds(a, b)) mannWhitney += 1;
    if (pair < NAIVE_PAIRS && naiveHolds(a, b, NAIVE_QUANTILE, random)) naive += 1;
  }
  return {
    shape: shape.name,
    coverage: hits.map((count, n) => (tried[n]! === 0 ? null : share(count, tried[n]!))),
    falseAlarms: share(alarms, PAIRS),
    naive: share(naive, NAIVE_PAIRS),
    mannWhitney: share(mannWhitney, PAIRS),
  };
}

/** Half-width of what luck does to a share of so many pairs. */
function luck(p: number): number {
  return LUCK * Math.sqrt((p * (1 - p)) / PAIRS);
}

function missedTargets(all: readonly Row[]): string[] {
  const missed: string[] = [];
  for (const { shape, coverage, falseAlarms } of all) {
    for (const [n, covered] of coverage.entries()) {
      if (covered === null) continue;
      const [low, high] = COVERAGE;
      if (covered < low - luck(low) || covered > high + luck(high)) {
        missed.push(
          `${shape}: the interval at p${QUANTILES[n]! * 100} holds in ${percent(covered)}, wanted 93 to 97 %`,
        );
      }
    }
    if (falseAlarms > FALSE_ALARMS + luck(FALSE_ALARMS)) {
      missed.push(`${shape}: false alarms in ${percent(falseAlarms)} of the comparisons, wanted ≤ 5 %`);
    }
  }
  return missed;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function print(all: readonly Row[], missed: readonly string[]): void {
  console.log(
    `intervals of ${PAIRS} comparisons of equals, ${rows} requests each; share that holds the truth, 95 % wanted`,
  );
  const head = ['', ...QUANTILES.map((q) => `p${q * 100}`), 'false alarms', 'naive p90', 'Mann-Whitney'];
  const table = [head, ...all.map((row) => cellsOf(row))];
  const widths = head.map((_, n) => Math.max(...table.map((cells) => cells[n]!.length)));
  for (const cells of table) {
    console.log(cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  '));
  }
  for (const sentence of missed) console.log(`missed: ${sentence}`);
}

function cellsOf({ shape, coverage, falseAlarms, naive, mannWhitney }: Row): string[] {
  const covered = coverage.map((each) => (each === null ? '-' : percent(each)));
  return [shape, ...covered, ...[falseAlarms, naive, mannWhitney].map(percent)];
}

const random = seededRandom(Number(seed));
const all = SHAPES.map((shape) => {
  console.error(`stats: ${shape.name}`);
  return measure(shape, random);
});
const missed = missedTargets(all);
if (json)
  console.log(
    JSON.stringify({ benchmark: 'stats', node: process.version, pairs: PAIRS, rows: Number(rows), all, missed }),
  );
else print(all, missed);
if (missed.length > 0) process.exitCode = 1;
