/**
 * The line y = intercept + slope·x that lies as far as possible from both
 * sides of a corridor: above all `lower` points, below all `upper` ones.
 * For one slope the free height is (lowest upper) − (highest lower) residual,
 * which is concave in the slope; so every search here is a bisection on the
 * sign of a subgradient, which is a difference of two x.
 */
import type { Points } from './hull.ts';

export interface Corridor {
  readonly lower: Points;
  readonly upper: Points;
  /** Largest |slope|, in ns per ns. */
  readonly maxSlope: number;
}

export interface Feasible {
  /** The slope of the widest margin. */
  readonly slope: number;
  /** Smallest and largest slope that any line through the corridor has (outer ends of the last bisection step). */
  readonly minSlope: number;
  readonly maxSlope: number;
}

/** Halvings: brings ±1000 ppm to 2e-15, far under a nanosecond at any x of a window. */
const HALVINGS = 40;
/** Rounding of the residuals, ns: a corridor of no height still has its line. */
const ROUNDING_NS = 0.01;

/** The point of `p` whose residual y − slope·x is extreme: highest for lower points, lowest for upper ones. */
function touching(p: Points, slope: number, side: 1 | -1): number {
  let best = 0;
  let extreme = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < p.count; i++) {
    const residual = side * (p.y[i]! - slope * p.x[i]!);
    if (residual > extreme) {
      extreme = residual;
      best = i;
    }
  }
  return best;
}

/** Lowest and highest intercept that the corridor leaves a line of this slope; lowest > highest where it leaves none. */
export function interceptRange({ lower, upper }: Corridor, slope: number): { lowest: number; highest: number } {
  const low = touching(lower, slope, 1);
  const high = touching(upper, slope, -1);
  return { lowest: lower.y[low]! - slope * lower.x[low]!, highest: upper.y[high]! - slope * upper.x[high]! };
}

function margin(corridor: Corridor, slope: number): number {
  const { lowest, highest } = interceptRange(corridor, slope);
  return highest - lowest;
}

/** Bisect [from, to] while `rises(slope)` tells on which side the maximum of a concave function lies. */
function bisect(from: number, to: number, rises: (slope: number) => boolean): [number, number] {
  let low = from;
  let high = to;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (rises(middle)) low = middle;
    else high = middle;
  }
  return [low, high];
}

/** The feasible slopes, or null where no line fits: the two clocks did not run at one constant rate. */
export function feasibleSlopes(corridor: Corridor): Feasible | null {
  const { lower, upper, maxSlope } = corridor;
  const [low, high] = bisect(
    -maxSlope,
    maxSlope,
    (s) => lower.x[touching(lower, s, 1)]! > upper.x[touching(upper, s, -1)]!,
  );
  const slope = [-maxSlope, maxSlope, low, high].reduce((a, b) => (margin(corridor, b) > margin(corridor, a) ? b : a));
  const fits = (s: number) => margin(corridor, s) >= -ROUNDING_NS;
  if (!fits(slope)) return null;
  return {
    slope,
    minSlope: fits(-maxSlope) ? -maxSlope : bisect(-maxSlope, slope, (s) => !fits(s))[0],
    maxSlope: fits(maxSlope) ? maxSlope : bisect(slope, maxSlope, fits)[1],
  };
}

/** Highest (side 1) or lowest (-1) value at `x` of all lines through the corridor. */
export function extremeAt(corridor: Corridor, feasible: Feasible, x: number, side: 1 | -1): number {
  const p = side === 1 ? corridor.upper : corridor.lower;
  const valueAtSlope = (slope: number) => {
    const i = touching(p, slope, side === 1 ? -1 : 1);
    return p.y[i]! + slope * (x - p.x[i]!);
  };
  const rises = (slope: number) => side * (x - p.x[touching(p, slope, side === 1 ? -1 : 1)]!) > 0;
  const [low, high] = bisect(feasible.minSlope, feasible.maxSlope, rises);
  const values = [valueAtSlope(low), valueAtSlope(high)];
  return side === 1 ? Math.max(...values) : Math.min(...values);
}
