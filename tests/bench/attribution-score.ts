/** Compares verdicts with the sealed answers. */
import { floorOf, type LayerShift, type Verdict } from '../../lab/plant-verdict.ts';
import type { Answer } from './attribution-schedule.ts';

export interface Given {
  id: number;
  verdict: Verdict;
}

export interface Score {
  nic: string;
  layer: string;
  delayMs: number;
  named: string | null;
  /** The plant is above what is seen in its layer without a plant. */
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

export function score(nic: string, { verdict }: Given, answer: Answer, floors: ReadonlyMap<string, number>): Score {
  const plantNs = answer.delayMs * 1e6;
  const trueNs = answer.trueNs ?? plantNs;
  const own = verdict.shifts.find(({ layer }) => layer === answer.layer)!;
  const right = plantNs > 0 && verdict.named === answer.layer;
  const errorNs = right ? verdict.sizeNs! - trueNs : null;
  return {
    nic,
    layer: plantNs > 0 ? answer.layer : 'none',
    delayMs: answer.delayMs,
    named: verdict.named,
    resolvable: plantNs === 0 || plantNs > floorIn(floors, own),
    errorNs,
    sizeHolds: errorNs !== null && Math.abs(errorNs) <= Math.max(SIZE_NS, SIZE_SHARE * trueNs),
    leak: plantNs > 0 ? worstLeak(verdict.shifts, answer.layer, trueNs, floors) : null,
  };
}

export function floorIn(floors: ReadonlyMap<string, number>, { layer, noiseNs }: LayerShift): number {
  return floorOf(floors.get(layer) ?? 0, noiseNs);
}

function worstLeak(
  shifts: readonly LayerShift[],
  planted: string,
  trueNs: number,
  floors: ReadonlyMap<string, number>,
): Score['leak'] {
  const others = shifts.filter((shift) => shift.layer !== planted && Math.abs(shift.shiftNs) > floorIn(floors, shift));
  const worst = others.sort((a, b) => Math.abs(b.shiftNs) - Math.abs(a.shiftNs))[0];
  return worst ? { layer: worst.layer, ns: worst.shiftNs, share: Math.abs(worst.shiftNs) / trueNs } : null;
}

const FLOOR_FACTOR = 1.5;

/** Per layer: the largest shift of any clean plant, and half as much again. */
export function floorsOf(clean: readonly Verdict[]): Map<string, number> {
  const floors = new Map<string, number>();
  for (const { layer, shiftNs } of clean.flatMap(({ shifts }) => shifts)) {
    floors.set(layer, Math.max(floors.get(layer) ?? 0, FLOOR_FACTOR * Math.abs(shiftNs)));
  }
  return floors;
}
