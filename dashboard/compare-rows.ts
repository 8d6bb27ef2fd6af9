/** What a comparison says, as rows to draw and to list. Looks up and names; computes nothing. */
import type { CompareView, Comparison, Shift } from '../server/wire/compare-views.ts';
import { CLIENT_LAYER, LAYERS, type LayerId } from '../server/wire/stations.ts';

export const QUANTILE_NAMES = ['p50', 'p90', 'p99', 'p99.9'] as const;
export type ComparedQuantile = (typeof QUANTILE_NAMES)[number];
const QUANTILES: Record<ComparedQuantile, number> = { p50: 0.5, p90: 0.9, p99: 0.99, 'p99.9': 0.999 };

/** Whether b is surely slower, surely faster, or neither can be told: for all layers and quantiles at once. */
export type Verdict = 'slower' | 'faster' | 'open';

export interface ShiftRow extends Shift {
  name: string;
  verdict: Verdict;
  /** Of the difference of the means; null where the layer is in no sum, or the sum could be 0. */
  share: number | null;
}

/** As the live page calls them. */
const NAMES: Record<string, string> = { 'vnic both': 'vnic in + out' };
/** The two that `vnic both` is made of, told beside it. */
const PARTS = ['vnic.in', 'vnic.out'];

export function layerName(layer: string): string {
  return NAMES[layer] ?? layer;
}

export function isPart(layer: string): boolean {
  return PARTS.includes(layer);
}

/** The name of a layer's own colour, without its leading dashes. */
export function layerColour(layer: string): string {
  if (layer === 'end to end') return 'text';
  return layer === 'vnic both' ? 'place-hypervisor' : `layer-${layer.replace('.', '-')}`;
}

export function verdictOf({ bandLow, bandHigh }: Shift): Verdict {
  if (bandLow > 0) return 'slower';
  return bandHigh < 0 ? 'faster' : 'open';
}

/** The shifts at a quantile, in the server's order: along the path. */
export function shiftRows({ shifts, shares }: Comparison, quantile: ComparedQuantile): ShiftRow[] {
  return shifts
    .filter((shift) => shift.quantile === QUANTILES[quantile])
    .map((shift) => ({
      ...shift,
      name: layerName(shift.layer),
      verdict: verdictOf(shift),
      share: shares.find(({ layer }) => layer === shift.layer)?.share ?? null,
    }));
}

/** Quantiles with requests enough beyond them for an interval. */
export function quantilesOf({ shifts }: Comparison): ComparedQuantile[] {
  return QUANTILE_NAMES.filter((name) => shifts.some(({ quantile }) => quantile === QUANTILES[name]));
}

/** The asked one if it is there, else p99, else the highest below. */
export function bestQuantile(asked: string | null, there: readonly ComparedQuantile[]): ComparedQuantile {
  return there.find((name) => name === asked) ?? there.findLast((name) => name !== 'p99.9') ?? 'p99';
}

/** Layers that at least one run has not measured. */
export function absentLayers({ curves }: CompareView): LayerId[] {
  const all: LayerId[] = [...LAYERS.map(({ layer }) => layer), CLIENT_LAYER];
  return all.filter((layer) => !curves.some((curve) => curve.layer === layer));
}

/** What a box shows; the first and last are the whiskers' ends. */
const BOX = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Times of one run and layer at {@link BOX}. */
export type Box = readonly [low: number, from: number, middle: number, to: number, high: number];

export interface BoxRow {
  layer: string;
  name: string;
  a: Box;
  b: Box;
}

export function boxRows({ curves, probabilities }: CompareView): BoxRow[] {
  const at = BOX.map((p) => probabilities.indexOf(p));
  const box = (curve: readonly number[]) => at.map((i) => curve[i]!) as unknown as Box;
  return curves.map(({ layer, a, b }) => ({ layer, name: layerName(layer), a: box(a), b: box(b) }));
}
