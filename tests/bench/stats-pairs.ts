/** Pairs of samples whose true difference is known: equals, one slower by a tenth, and an experiment in rounds. */
import { blockBins, weightedQuantile } from '../../server/compare/block-bins.ts';
import { normal, type Random, SHAPES, type Shape } from './stats-shapes.ts';

export interface Pairs {
  name: string;
  /** Rounds in which both were taken in turn; 0 where they were not. */
  rounds: number;
  draw(random: Random, rows: number): [a: Float64Array, b: Float64Array];
  /** True shift at a quantile, ns. */
  truth(quantile: number): number;
}

const SLOWER = 1.1;
/** So many values know a quantile far better than the samples do that are judged by it. */
const MANY = 1_000_000;
const ROUNDS = 6;
/** Standard deviation of the logarithm of what a whole round has in common: a busy machine, half as fast again. */
const ROUND_SIGMA = 0.4;

function equals(shape: Shape): Pairs {
  return {
    name: shape.name,
    rounds: 0,
    draw: (random, rows) => [shape.values(random, rows), shape.values(random, rows)],
    truth: () => 0,
  };
}

function slower(shape: Shape, random: Random): Pairs {
  const many = shape.values(random, MANY);
  const [a, b] = [many, many.map((value) => value * SLOWER)].map((values) => blockBins(values, 1));
  const once = Float64Array.of(1);
  return {
    ...equals(shape),
    name: `${shape.name}, and + 10 %`,
    draw: (one, rows) => [shape.values(one, rows), shape.values(one, rows).map((value) => value * SLOWER)],
    truth: (quantile) => weightedQuantile(b!, once, quantile) - weightedQuantile(a!, once, quantile),
  };
}

/** Each round is slower or faster as a whole, for both samples alike. */
function inRounds(shape: Shape): Pairs {
  return {
    ...equals(shape),
    name: `${shape.name}, in ${ROUNDS} rounds`,
    rounds: ROUNDS,
    draw: (random, rows) => {
      const factors = Array.from({ length: ROUNDS }, () => Math.exp(ROUND_SIGMA * normal(random)));
      const one = () =>
        shape.values(random, rows).map((value, row) => value * factors[Math.floor((row * ROUNDS) / rows)]!);
      return [one(), one()];
    },
  };
}

const IN_ROUNDS = ['lognormal', 'two modes', 'AR(1) 0.6', 'AR(1) 0.9'];

export function allPairs(random: Random): Pairs[] {
  const rounds = SHAPES.filter(({ name }) => IN_ROUNDS.includes(name)).map(inRounds);
  return [...SHAPES.map(equals), ...SHAPES.map((shape) => slower(shape, random)), ...rounds];
}
