/** Whole distributions, for the eye: the same probabilities for every layer of both runs. */
import type { LayerCurves } from '../wire/compare-views.ts';

const STEPS = 100;
/** Beyond which a curve of this many requests shows single ones. */
const TAIL = [0.995, 0.999, 0.9995, 0.9999];

/** Every hundredth, and further out into the tail. */
export const PROBABILITIES: readonly number[] = [
  ...Array.from({ length: STEPS - 1 }, (_, i) => (i + 1) / STEPS),
  ...TAIL,
];

/** Along PROBABILITIES, by layer. */
type Curves = ReadonlyMap<string, number[]>;

/** For the layers that both have measured. */
export function curvesOf(a: Curves, b: Curves): LayerCurves[] {
  return [...a].flatMap(([layer, curve]) => (b.has(layer) ? [{ layer, a: curve, b: b.get(layer)! }] : []));
}
