/**
 * Durations recorded per second on one core: the exponential histogram beside
 * hdr-histogram-js (plain and WASM) and beside keeping and sorting them all.
 * Each contender also answers p50, p99 and p99.9 at the end of its run.
 */
import { build, initWebAssembly } from 'hdr-histogram-js';
import { ExponentialHistogram } from '../../server/aggregate/histogram.ts';
import { measure, report } from './rounds.ts';

const VALUES = 500_000;
const ROUNDS = 9;
const QUANTILES = [0.5, 0.99, 0.999];

/** Long-tailed whole ns around 100 µs, the same in every run. */
function durations(): Float64Array {
  let state = 20_261_122;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float64Array.from({ length: VALUES }, () => Math.round(100_000 * Math.exp(normal())));
}

const values = durations();
const truth = values.toSorted();
const trueQuantiles = QUANTILES.map((q) => truth[Math.ceil(q * VALUES) - 1]!);

/** A contender that answers wrongly has not done the work. */
function check(name: string, answers: number[]): number {
  for (const [i, answer] of answers.entries()) {
    const error = Math.abs(answer / trueQuantiles[i]! - 1);
    if (error > 0.0028) throw new Error(`${name}: p${QUANTILES[i]! * 100} is ${error * 100} % off`);
  }
  return VALUES;
}

function runOurs(): number {
  const histogram = new ExponentialHistogram();
  for (let i = 0; i < VALUES; i++) histogram.record(values[i]!);
  return check(
    'ours',
    QUANTILES.map((q) => histogram.quantile(q)!),
  );
}

function runHdr(useWebAssembly: boolean): number {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60e9,
    numberOfSignificantValueDigits: 3,
    useWebAssembly,
  });
  for (let i = 0; i < VALUES; i++) histogram.recordValue(values[i]!);
  const answers = QUANTILES.map((q) => histogram.getValueAtPercentile(q * 100));
  histogram.destroy();
  return check('hdr-histogram-js', answers);
}

function runSorted(): number {
  const kept: number[] = [];
  for (let i = 0; i < VALUES; i++) kept.push(values[i]!);
  kept.sort((a, b) => a - b);
  return check(
    'sorted',
    QUANTILES.map((q) => kept[Math.ceil(q * VALUES) - 1]!),
  );
}

await initWebAssembly();
const measured = measure(
  [
    { name: 'ExponentialHistogram', run: runOurs },
    { name: 'hdr-histogram-js, plain', run: () => runHdr(false) },
    { name: 'hdr-histogram-js, WASM', run: () => runHdr(true) },
    { name: 'array, sorted at the end', run: runSorted },
  ],
  ROUNDS,
);
report('histogram', 'values', measured);
if (measured[1]!.ratio >= 1) {
  console.error('the histogram is not faster than hdr-histogram-js');
  process.exitCode = 1;
}
