/** Whole distributions, for the eye: the same probabilities for every layer of both runs. */
import type { LayerCurves } from '../wire/compare-views.ts';
import { exactQuantiles } from './exact-quantiles.ts';
import type { Sample } from './shifts.ts';

const STEPS = 100;
/** Beyond which a curve of this many requests shows single ones. */
const TAIL = [0.995, 0.999, 0.9995, 0.9999];

/** Every hundredth, and further out into the tail. */
export const PROBABILITIES: readonly number[] = [
  ...Array.from({ length: STEPS - 1 }, (_, i) => (i + 1) / STEPS),
  ...TAIL,
];

/** For the layers that both have measured. */
export function curvesOf(a: Sample, b: Sample, layers: readonly string[]): LayerCurves[] {
  return layers.flatMap((layer) => {
    const [curveA, curveB] = [curve(a.get(layer)), curve(b.get(layer))];
    return curveA && curveB ? [{ layer, a: curveA, b: curveB }] : [];
  });
}

function curve(values: Float64Array | undefined): number[] | null {
  const found = values ? exactQuantiles(values, PROBABILITIES) : [Number.NaN];
  return Number.isNaN(found[0]) ? null : found;
}
