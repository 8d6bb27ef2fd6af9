/**
 * Which layer was planted, and how much: from the API's paths and the times of the
 * blocks alone. Interference only ever adds time, so the mean of the lower half is the
 * steadiest statistic of a layer; a planted delay moves it as it moves the mean.
 */
import type { PathView } from '../server/wire/views.ts';
import { type BlockPlan, pathsByBlock, seededRandom, shuffled } from './plant-blocks.ts';

export interface LayerShift {
  layer: string;
  withoutNs: number;
  withNs: number;
  shiftNs: number;
  /** Standard deviation that the shift would have without any plant, judged by the clean blocks among themselves. */
  noiseNs: number;
}

export interface Shifts {
  layers: LayerShift[];
  /** Paths in planted and in clean blocks. */
  planted: number;
  clean: number;
}

export interface Verdict {
  /** The layer that grew most, or null when none grew by more than its floor. */
  named: string | null;
  sizeNs: number | null;
}

/** A shift counts from so many standard deviations on: ten layers are judged at once, and many times. */
const FLOOR_DEVIATIONS = 4;
/** What the tracer itself takes for a request on the host (bench:cost), ns: no smaller shift is anybody's. */
const OWN_COST_NS = 10_000;
/** Random halves of the clean blocks that are compared with each other. */
const SPLITS = 16;

/** The layers that telescope; the others are estimates or parts of them. */
export const JUDGED_LAYERS = [
  ...['nic.in', 'switch.in', 'vnic.in', 'tcp.in', 'wait', 'service'],
  ...['tcp.out', 'vnic.out', 'switch.out', 'nic.out'],
];

/** How far each layer of the planted blocks is from that of the clean ones. */
export function shiftsOf(paths: Iterable<PathView>, plan: BlockPlan): Shifts {
  const byBlock = pathsByBlock(paths, plan);
  const planted = byBlock.filter((_, n) => plan.blocks[n]);
  const clean = byBlock.filter((_, n) => !plan.blocks[n]);
  const layers = JUDGED_LAYERS.map((layer) => {
    const withNs = lowerHalfMean(timesOf(planted, layer));
    const withoutNs = lowerHalfMean(timesOf(clean, layer));
    return { layer, withNs, withoutNs, shiftNs: withNs - withoutNs, noiseNs: noiseOf(clean, layer) };
  });
  return { layers, planted: planted.flat().length, clean: clean.flat().length };
}

/**
 * The layer that grew most, where that is more than noise and more than our own cost.
 * @param pooled noise of each layer over many plants, ns; where there is none, the plant's own alone counts
 */
export function verdictOf({ layers }: Shifts, pooled: ReadonlyMap<string, number> = new Map()): Verdict {
  const grown = layers.filter((shift) => shift.shiftNs > Math.max(OWN_COST_NS, floorOf(shift, pooled)));
  const most = grown.sort((a, b) => b.shiftNs - a.shiftNs)[0];
  return { named: most?.layer ?? null, sizeNs: most?.shiftNs ?? null };
}

/** What a shift must exceed to be told from noise, ns. */
export function floorOf({ layer, noiseNs }: LayerShift, pooled: ReadonlyMap<string, number>): number {
  return FLOOR_DEVIATIONS * Math.max(pooled.get(layer) ?? 0, noiseNs);
}

/** Per layer, the noise of the clean blocks of many plants together: their median, ns. */
export function pooledNoise(all: readonly Shifts[]): Map<string, number> {
  return new Map(
    JUDGED_LAYERS.map((layer, n) => {
      const noise = all.map(({ layers }) => layers[n]?.noiseNs ?? Number.NaN).filter(Number.isFinite);
      return [layer, median(noise)];
    }),
  );
}

/** Two halves differ with twice the variance that planted and clean blocks, each twice as many, have. */
function noiseOf(clean: readonly PathView[][], layer: string): number {
  const random = seededRandom(clean.length);
  const half = clean.length >> 1;
  const apart = Array.from({ length: SPLITS }, () => {
    const mixed = shuffled(clean, random);
    return lowerHalfMean(timesOf(mixed.slice(0, half), layer)) - lowerHalfMean(timesOf(mixed.slice(half), layer));
  });
  return rootMeanSquare(apart) / Math.SQRT2;
}

function timesOf(blocks: readonly PathView[][], layer: string): number[] {
  return blocks.flat().flatMap((path) => path.layers.find((each) => each.layer === layer)?.ns ?? []);
}

/** Of the finite values; NaN without any. */
function rootMeanSquare(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return Math.sqrt(finite.reduce((sum, value) => sum + value * value, 0) / finite.length);
}

/** Mean of the values up to the median; NaN without values. */
export function lowerHalfMean(values: readonly number[]): number {
  const lower = values.toSorted((a, b) => a - b).slice(0, Math.ceil(values.length / 2));
  return lower.reduce((sum, value) => sum + value, 0) / lower.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
