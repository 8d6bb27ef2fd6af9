/** Which roll-ups answer a question about a stretch of time, and how many of them make a point. */
import { ROLL_UP_STEPS, type RollUpStep } from './roll-up.ts';

/** Each a whole number of the one-second, one-minute or one-hour roll-ups. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
/** Read for one answer, VMs aside; hours are few. */
const MOST_ROLL_UPS = 7_200;
/** The same where all of them make one point: it is asked for again and again. */
const MOST_OF_ONE = 1_800;

export interface SeriesPlan {
  /** Both whole steps; of one point, whole roll-ups. */
  fromS: number;
  toS: number;
  stepS: number;
  rollUpS: RollUpStep;
}

export interface PlanOptions {
  fromS: number;
  toS: number;
  /** At most so many, whose steps begin at whole steps; 1 is a step of its own, the whole stretch. */
  points: number;
  /** No step is shorter; 1 if absent. */
  leastStepS?: number;
  /** Roll-ups of that step are whole from this second on: older ones were pruned. */
  wholeFromS: Readonly<Record<RollUpStep, number>>;
}

/** The finest one that fits. */
export function planSeries(options: PlanOptions): SeriesPlan {
  if (options.points === 1) return planWhole(options);
  for (const stepS of steps()) {
    const plan = planWith(options, stepS);
    const { fromS, toS, rollUpS } = plan;
    if (stepS < (options.leastStepS ?? 1) || (toS - fromS) / stepS > options.points) continue;
    if (rollUpS === 3600) return plan;
    if ((toS - fromS) / rollUpS <= MOST_ROLL_UPS && fromS >= options.wholeFromS[rollUpS]) return plan;
  }
  throw new RangeError(`${options.points} points`);
}

/** All of the stretch as one step, of the finest roll-ups that are not too many. */
function planWhole(options: PlanOptions): SeriesPlan {
  for (const rollUpS of ROLL_UP_STEPS) {
    const { fromS, toS } = planWith(options, rollUpS);
    const plan = { fromS, toS, stepS: Math.max(rollUpS, toS - fromS), rollUpS };
    if (rollUpS === 3600) return plan;
    if ((toS - fromS) / rollUpS <= MOST_OF_ONE && fromS >= options.wholeFromS[rollUpS]) return plan;
  }
  throw new RangeError('no roll-ups');
}

function* steps(): Generator<number> {
  yield* STEPS_S;
  for (let stepS = 2 * 86_400; stepS < Number.MAX_SAFE_INTEGER; stepS *= 2) yield stepS;
}

/** No time at all has no step. */
function planWith({ fromS, toS }: PlanOptions, stepS: number): SeriesPlan {
  const first = Math.floor(fromS / stepS) * stepS;
  return {
    fromS: first,
    toS: toS > fromS ? Math.ceil(toS / stepS) * stepS : first,
    stepS,
    rollUpS: stepS < 60 ? 1 : stepS < 3600 ? 60 : 3600,
  };
}
