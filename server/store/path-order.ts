/**
 * In which order a query wants paths: by a rank, the highest first. Each order
 * stands here once, for rows in memory and beside it for the database.
 */
import type { PathColumns } from '../join/paths.ts';
import type { Bind } from './path-filter.ts';

/**
 * `random`: scattered by the seed `at`, the same paths for the same seed; `nearest`: those whose end-to-end time is
 * nearest to `at` ns; `around`: those whose number is nearest to `at`.
 */
export type PathOrder = 'slowest' | 'newest' | 'random' | 'nearest' | 'around';

export interface Ordered {
  order: PathOrder;
  /** What the last three orders start from; default 0. */
  at?: number;
}

interface Order {
  /** NaN: not among them. */
  rank(columns: PathColumns, row: number, number: number, at: number): number;
  /** NULL: not among them. */
  sql(at: () => string): string;
}

/** A prime below 2^31, so that products with less than 2^22 are whole numbers for JavaScript, too. */
const PRIME = 2_147_483_647;
const FACTOR = 48_271;
const LOW = 4_194_304;

const ORDERS: Record<PathOrder, Order> = {
  slowest: { rank: ({ endToEnd }, row) => endToEnd[row]!, sql: () => 'end_to_end_ns' },
  newest: { rank: (_, __, number) => number, sql: () => 'number' },
  random: { rank: (_, __, number, at) => scattered(number, at), sql: (seed) => scatteredSql(seed()) },
  nearest: {
    rank: ({ endToEnd }, row, _, at) => -Math.abs(endToEnd[row]! - at),
    sql: (at) => `-abs(end_to_end_ns - ${at()})`,
  },
  around: { rank: (_, __, number, at) => -Math.abs(number - at), sql: (at) => `-abs(number - ${at()})` },
};

/** How much a row is wanted, the more the higher; NaN: not at all. @param number of the path */
export function rowRank({ order, at = 0 }: Ordered): (columns: PathColumns, row: number, number: number) => number {
  const { rank } = ORDERS[order];
  return (columns, row, number) => rank(columns, row, number, at);
}

/** The same as an expression over the table `paths`. */
export function sqlRank({ order, at = 0 }: Ordered, bind: Bind): string {
  return ORDERS[order].sql(() => `${bind(at)}::BIGINT`);
}

function scattered(number: number, seed: number): number {
  const spread = (((number % PRIME) + (seed % PRIME)) * FACTOR) % PRIME;
  return ((spread % LOW) * spread) % PRIME;
}

function scatteredSql(seed: string): string {
  const spread = `(((number % ${PRIME}) + (${seed} % ${PRIME})) * ${FACTOR}) % ${PRIME}`;
  return `((((${spread}) % ${LOW}) * (${spread})) % ${PRIME})`;
}
