/** Which roll-ups answer a question about a stretch of time, and how many of them make a point. */
import { ROLL_UP_STEPS, type RollUpStep } from './roll-up.ts';

/** Each a whole number of the coarsest roll-ups that are no longer than it. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
/** Read for one answer, VMs aside; hours are few. */
const MOST_ROLL_UPS = 7_200;

export interface SeriesPlan {
  /** Both whole steps; of one point, whole roll-ups. */
  fromS: number;
  toS: number;
  stepS: number;
  rollUpS: RollUpStep;
}

/** Roll-ups of a step, of the seconds [fromS, toS). */
export interface RollUpRead {
  rollUpS: RollUpStep;
  fromS: number;
  toS: number;
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

/** All of the stretch as one step, to the finest roll-ups that are whole: few of them are read, see {@link readsOf}. */
function planWhole(options: PlanOptions): SeriesPlan {
  for (const rollUpS of ROLL_UP_STEPS) {
    const { fromS, toS } = planWith(options, rollUpS);
    const plan = { fromS, toS, stepS: Math.max(rollUpS, toS - fromS), rollUpS };
    if (rollUpS === 3600) return plan;
    if (fromS >= options.wholeFromS[rollUpS]) return plan;
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
    rollUpS: ROLL_UP_STEPS.findLast((rollUpS) => rollUpS <= stepS)!,
  };
}

/** What is read for a plan: where it is one point the coarsest roll-ups that lie in it, and finer ones at its ends only. */
export function readsOf(
  { fromS, toS, stepS, rollUpS }: SeriesPlan,
  wholeFromS: PlanOptions['wholeFromS'],
): RollUpRead[] {
  let inner: RollUpRead = { rollUpS, fromS, toS };
  if (toS - fromS > stepS) return [inner];
  const ends: RollUpRead[] = [];
  for (const coarser of ROLL_UP_STEPS.filter((each) => each > rollUpS && wholeFromS[each] <= fromS)) {
    const first = Math.ceil(inner.fromS / coarser) * coarser;
    const end = Math.floor(inner.toS / coarser) * coarser;
    if (first >= end) break;
    ends.push({ ...inner, toS: first }, { ...inner, fromS: end });
    inner = { rollUpS: coarser, fromS: first, toS: end };
  }
  return [inner, ...ends].filter((read) => read.toS > read.fromS);
}
