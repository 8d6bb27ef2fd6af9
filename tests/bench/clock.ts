/**
 * The clock of a pair against a known truth: ±60 ppm, wander, delays of a KVM
 * and of a TCG guest, steps and slews; beside it a line through the whole
 * trace, a hull bisector over the whole trace and a minimum filter per second.
 * Errors are over the asymmetry floor. Exits 1 when a target is missed.
 *   --quick  2 seeds of 2 minutes instead of 5 of 10    --json  one JSON object
 */
import { parseArgs } from 'node:util';
import { slews, steps } from './clock-disturbances.ts';
import { count, type ErrorRow, Errors, inBound, quantile } from './clock-errors.ts';
import { runHullBisector, runLine, runMinimumFilter, runPairClock } from './clock-runs.ts';
import { asymmetryFloor, KVM, type Setting, simulate, TCG } from './clock-truth.ts';

const { quick = false, json = false } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' } },
}).values;
const SEEDS = quick ? 2 : 5;
const SECONDS = quick ? 120 : 600;
const REPEATS = quick ? 1 : 4;
const SETTINGS = [KVM, TCG];
const RATES = [1000, 50];
/** p99 over the floor, ns, in the setting the targets are for. */
const P99_TARGET_NS: Record<number, number> = { 1000: 250, 50: 1500 };
const CONTAINED_TARGET = 0.999;
const CPU_GOAL_NS = 500;

interface Row extends ErrorRow {
  setting: string;
  perSecond: number;
  method: string;
  pathsInBound?: number;
  windowsInBound?: number;
  boundP50Us?: number;
  stepsClaimed?: number;
  slewsClaimed?: number;
  cpuNs?: number;
}

function compare(setting: Setting, perSecond: number): Row[] {
  const methods = {
    PairClock: new Errors(),
    'one line, least squares': new Errors(),
    'one hull bisector': new Errors(),
    'minimum per second': new Errors(),
  };
  const sums = { exchanges: 0, inside: 0, windows: 0, outside: 0, steps: 0, slews: 0, cpuNs: 0 };
  const bounds: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const ppm = seed % 2 === 1 ? 60 : -60;
    const trace = simulate({ setting, perSecond, seconds: SECONDS, ppm, seed });
    const ours = runPairClock(trace);
    methods.PairClock.add(trace, ours.offset);
    methods['one line, least squares'].add(trace, runLine(trace));
    methods['one hull bisector'].add(trace, runHullBisector(trace));
    methods['minimum per second'].add(trace, runMinimumFilter(trace));
    sums.exchanges += trace.count;
    sums.inside += count(trace.count, (i) => inBound(trace, ours, i));
    sums.windows += ours.windows;
    sums.outside += ours.windowsOutside;
    sums.steps += ours.steps[trace.count - 1]!;
    sums.slews += ours.slews;
    sums.cpuNs += ours.cpuNs * trace.count;
    bounds.push(quantile(ours.bound.toSorted(), 0.5)!);
  }
  return Object.entries(methods).map(([name, errors]) => {
    const row = { setting: setting.name, perSecond, method: name, ...errors.row() };
    if (name !== 'PairClock') return row;
    return {
      ...row,
      pathsInBound: sums.inside / sums.exchanges,
      windowsInBound: 1 - sums.outside / sums.windows,
      boundP50Us: bounds.toSorted((a, b) => a - b)[bounds.length >> 1]!,
      stepsClaimed: sums.steps,
      slewsClaimed: sums.slews,
      cpuNs: Math.round(sums.cpuNs / sums.exchanges),
    };
  });
}

// The server runs for hours: what the compiler costs at the start is not its CPU per pair.
runPairClock(simulate({ setting: KVM, perSecond: 1000, seconds: 60, ppm: 0, seed: 99 }));
const cases = SETTINGS.flatMap((setting) => RATES.map((perSecond) => ({ setting, perSecond })));
const rows = cases.flatMap(({ setting, perSecond }) => compare(setting, perSecond));
const stepRows = cases.flatMap(({ setting, perSecond }) =>
  (['host', 'guest'] as const).map((clock) => steps(setting, perSecond, clock, REPEATS)),
);
const slewRows = cases.map(({ setting, perSecond }) => slews(setting, perSecond, REPEATS));

function missedTargets(): string[] {
  const missed: string[] = [];
  const want = (holds: boolean, what: string) => {
    if (!holds) missed.push(what);
  };
  for (const r of rows.filter((row) => row.method === 'PairClock')) {
    const at = `${r.setting}, ${r.perSecond} req/s`;
    const limitNs = P99_TARGET_NS[r.perSecond]!;
    if (r.setting === KVM.name) want(r.p99Us! * 1000 <= limitNs, `${at}: p99 ${r.p99Us} µs > ${limitNs / 1000} µs`);
    want(r.pathsInBound! >= CONTAINED_TARGET, `${at}: the bound holds for ${share(r.pathsInBound!)} of the paths`);
    want(r.windowsInBound! >= CONTAINED_TARGET, `${at}: the bound holds in ${share(r.windowsInBound!)} of the windows`);
    want(r.negativeShare === 0, `${at}: negative delays`);
    want(r.stepsClaimed === 0, `${at}: ${r.stepsClaimed} steps claimed where there was none`);
    want(r.slewsClaimed === 0, `${at}: ${r.slewsClaimed} slews claimed where the rate only wandered`);
  }
  for (const r of stepRows) {
    want(
      r.found === r.steps,
      `${r.setting}, ${r.perSecond} req/s: ${r.steps - r.found} of ${r.steps} ${r.clock} steps not found in time`,
    );
    const at = `${r.setting}, ${r.perSecond} req/s, ${r.clock} steps`;
    want(r.cutMarked === r.cut, `${at}: ${r.cut - r.cutMarked} of ${r.cut} paths across a step are not marked`);
    want(r.outsideBehind + r.outsideBefore === 0, `${at}: paths outside their bound that are not marked`);
  }
  for (const r of slewRows) {
    const at = `${r.setting}, ${r.perSecond} req/s, slews`;
    want(r.pathsInBound >= CONTAINED_TARGET, `${at}: the bound holds for ${share(r.pathsInBound)} of the paths`);
    want(r.negatives === 0, `${at}: ${r.negatives} negative delays`);
    want(r.steps === 0, `${at}: ${r.steps} steps claimed where the rate changed`);
  }
  return missed;
}

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : `${(value * 100).toFixed(value === 1 || value === 0 ? 0 : 3)} %`;
}

function table(head: readonly string[], body: readonly (readonly (string | number)[])[]): void {
  const cells = [head, ...body].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  for (const row of cells) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '));
  }
  console.log('');
}

function print(missed: readonly string[]): void {
  const us = (value: number | null) => (value === null ? '-' : value.toFixed(3));
  console.log(`clock, ${SEEDS} seeds of ${SECONDS} s, ±60 ppm, wander 20 ppb/√s, Node ${process.version}`);
  console.log(
    SETTINGS.map(
      (s) => `${s.name}: ${s.outNs / 1000}/${s.backNs / 1000} µs, floor ${Math.abs(asymmetryFloor(s)) / 1000} µs`,
    ).join('; '),
  );
  console.log('|error − floor| in µs\n');
  table(
    [
      'method',
      'guest',
      'req/s',
      'p50',
      'p99',
      'negative',
      'fails',
      'paths in',
      'windows in',
      '± p50',
      'steps',
      'slews',
      'ns/pair',
    ],
    rows.map((r) => [
      r.method,
      r.setting,
      r.perSecond,
      us(r.p50Us),
      us(r.p99Us),
      share(r.negativeShare) || '-',
      `${r.failedSeeds}/${r.seeds}`,
      share(r.pathsInBound),
      share(r.windowsInBound),
      r.boundP50Us === undefined ? '' : r.boundP50Us.toFixed(1),
      r.stepsClaimed ?? '',
      r.slewsClaimed ?? '',
      r.cpuNs ?? '',
    ]),
  );
  table(
    [
      'steps ±1 ms … ±1 s',
      'req/s',
      'of the',
      'found',
      'worst s',
      'worst exchanges',
      'outside before',
      'outside behind',
      'cut: marked',
      'others marked',
      'counted',
    ],
    stepRows.map((r) => [
      r.setting,
      r.perSecond,
      r.clock,
      `${r.found}/${r.steps}`,
      r.worstSeconds.toFixed(2),
      r.worstExchanges,
      r.outsideBefore,
      r.outsideBehind,
      `${r.cutMarked}/${r.cut}`,
      r.othersMarked,
      r.counted,
    ]),
  );
  table(
    ['slews ±500 ppm', 'req/s', 'paths in', 'negative', 'p99', 'told', 'as steps'],
    slewRows.map((r) => [
      r.setting,
      r.perSecond,
      share(r.pathsInBound),
      r.negatives,
      us(r.p99Us),
      `${r.slewsTold}/${r.slews}`,
      r.steps,
    ]),
  );
  console.log(missed.length === 0 ? 'every target is met' : missed.map((m) => `missed: ${m}`).join('\n'));
  const cpu = rows.find((r) => r.cpuNs !== undefined)?.cpuNs ?? 0;
  console.log(`CPU per pair at ${RATES[0]} req/s: ${cpu} ns (goal ${CPU_GOAL_NS} ns)`);
}

const missed = missedTargets();
if (json) {
  console.log(
    JSON.stringify({
      benchmark: 'clock',
      node: process.version,
      quick,
      rows,
      steps: stepRows,
      slews: slewRows,
      missed,
    }),
  );
} else print(missed);
if (missed.length > 0) process.exitCode = 1;
