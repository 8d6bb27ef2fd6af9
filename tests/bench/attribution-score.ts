/** Compares verdicts with the sealed answers. */
import { floorOf, type LayerShift, type Shifts, verdictOf } from '../../lab/plant-verdict.ts';
import type { Answer } from './attribution-schedule.ts';

export interface Score {
  nic: string;
  layer: string;
  delayMs: number;
  named: string | null;
  /** Nothing stood still, and the plant is above what is seen in its layer without a plant. */
  resolvable: boolean;
  /** Named size less true size, ns; null where another layer was named. */
  errorNs: number | null;
  sizeHolds: boolean;
  /** The other layer that moved most, of those that moved more than noise. */
  leak: { layer: string; ns: number; share: number } | null;
}

export const SIZE_SHARE = 0.1;
export const SIZE_NS = 100_000;
export const LEAK_SHARE = 0.05;

/**
 * @param pooled noise per layer, ns
 * @param disturbed the machine stood still meanwhile, however often it was repeated
 */
export function score(
  nic: string,
  shifts: Shifts,
  answer: Answer,
  pooled: ReadonlyMap<string, number>,
  disturbed = false,
): Score {
  const verdict = verdictOf(shifts, pooled);
  const plantNs = answer.delayMs * 1e6;
  const trueNs = answer.trueNs ?? plantNs;
  const own = shifts.layers.find(({ layer }) => layer === answer.layer)!;
  const right = plantNs > 0 && verdict.named === answer.layer;
  const errorNs = right ? verdict.sizeNs! - trueNs : null;
  return {
    nic,
    layer: plantNs > 0 ? answer.layer : 'none',
    delayMs: answer.delayMs,
    named: verdict.named,
    resolvable: !disturbed && (plantNs === 0 || plantNs > floorOf(own, pooled)),
    errorNs,
    sizeHolds: errorNs !== null && Math.abs(errorNs) <= Math.max(SIZE_NS, SIZE_SHARE * trueNs),
    leak: plantNs > 0 ? worstLeak(shifts.layers, answer.layer, trueNs, pooled) : null,
  };
}

function worstLeak(
  shifts: readonly LayerShift[],
  planted: string,
  trueNs: number,
  pooled: ReadonlyMap<string, number>,
): Score['leak'] {
  const others = shifts.filter((shift) => shift.layer !== planted && Math.abs(shift.shiftNs) > floorOf(shift, pooled));
  const worst = others.sort((a, b) => Math.abs(b.shiftNs) - Math.abs(a.shiftNs))[0];
  return worst ? { layer: worst.layer, ns: worst.shiftNs, share: Math.abs(worst.shiftNs) / trueNs } : null;
}
