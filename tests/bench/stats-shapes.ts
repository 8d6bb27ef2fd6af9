/** Latencies of known distributions, as services have them: bodies, tails, modes, a timer's steps, memory. */
import { normalQuantile } from '../../server/compare/normal.ts';

export type Random = () => number;
export interface Shape {
  name: string;
  /** `rows` values, ns, in order of time. */
  values(random: Random, rows: number): Float64Array;
}

export function normal(random: Random): number {
  return normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, random())));
}

function independent(name: string, one: (random: Random) => number): Shape {
  return { name, values: (random, rows) => Float64Array.from({ length: rows }, () => one(random)) };
}

const median = 1e6;
const lognormal = (sigma: number) => (random: Random) => median * Math.exp(sigma * normal(random));
const pareto = (alpha: number) => (random: Random) => median * (1 - random()) ** (-1 / alpha);

/** Neighbours resemble each other: an autoregression, the marginal distribution stays lognormal. */
function autoregressive(rho: number): Shape {
  return {
    name: `AR(1) ${rho}`,
    values: (random, rows) => {
      let state = normal(random);
      return Float64Array.from({ length: rows }, () => {
        state = rho * state + Math.sqrt(1 - rho * rho) * normal(random);
        return median * Math.exp(0.5 * state);
      });
    },
  };
}

/** Memory fills up, then everything waits for the collector, again and again at its own pace. */
const collector: Shape = {
  name: 'garbage collector',
  values: (random, rows) => {
    let fill = random();
    return Float64Array.from({ length: rows }, () => {
      fill += 0.02 * random();
      const stops = fill >= 1;
      if (stops) fill -= 1;
      return median * (1 + 0.3 * fill) * Math.exp(0.1 * normal(random)) + (stops ? 5 * median * random() : 0);
    });
  },
};

export const SHAPES: readonly Shape[] = [
  independent('uniform', (random) => median * (0.5 + random())),
  independent('exponential', (random) => -median * Math.log(1 - random())),
  independent('lognormal', lognormal(0.5)),
  independent('lognormal, wide', lognormal(1.2)),
  independent('two modes', (random) => (random() < 0.8 ? 1 : 3) * lognormal(0.1)(random)),
  independent('cache misses, 2 %', (random) => (random() < 0.98 ? 1 : 20) * lognormal(0.2)(random)),
  independent('heavy tail', pareto(2.5)),
  independent('steps of a timer', (random) => Math.round(lognormal(0.3)(random) / 50_000) * 50_000),
  collector,
  autoregressive(0.3),
  autoregressive(0.6),
  autoregressive(0.9),
];
