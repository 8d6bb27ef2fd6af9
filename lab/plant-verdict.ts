/**
 * Which layer was planted, and how much: from the API's paths and the times of the
 * blocks alone. Interference only ever adds time, so the lower quartile is the
 * steadiest statistic of a layer; a planted delay moves it as it moves the median.
 */
import type { PathView } from '../server/wire/views.ts';
import { type BlockPlan, pathsByBlock } from './plant-blocks.ts';

export interface LayerShift {
  layer: string;
  withoutNs: number;
  withNs: number;
  shiftNs: number;
  /** How far the clean blocks of this very plant are from each other. */
  noiseNs: number;
}

export interface Verdict {
  shifts: LayerShift[];
  /** The layer that grew most, or null when none grew by more than its floor. */
  named: string | null;
  sizeNs: number | null;
  /** Paths in planted and in clean blocks. */
  planted: number;
  clean: number;
}

/** A shift counts when it is above this many times the noise of the plant's own clean blocks. */
const NOISE_FACTOR = 2;

/** The layers that telescope; the others are estimates or parts of them. */
export const JUDGED_LAYERS = [
  ...['nic.in', 'switch.in', 'vnic.in', 'tcp.in', 'wait', 'service'],
  ...['tcp.out', 'vnic.out', 'switch.out', 'nic.out'],
];

/**
 * @param floors per layer, ns: shifts up to this are seen without any plant. A layer without one has the floor 0.
 */
export function judge(paths: Iterable<PathView>, plan: BlockPlan, floors: ReadonlyMap<string, number>): Verdict {
  const byBlock = pathsByBlock(paths, plan);
  const planted = byBlock.filter((_, n) => plan.blocks[n]);
  const clean = byBlock.filter((_, n) => !plan.blocks[n]);
  const shifts = JUDGED_LAYERS.map((layer) => shiftOf(layer, planted, clean));
  const counts = { planted: planted.flat().length, clean: clean.flat().length };
  const grown = shifts.filter(({ layer, shiftNs, noiseNs }) => shiftNs > floorOf(floors.get(layer) ?? 0, noiseNs));
  const most = grown.sort((a, b) => b.shiftNs - a.shiftNs)[0];
  return { shifts, named: most?.layer ?? null, sizeNs: most?.shiftNs ?? null, ...counts };
}

/** What a shift must exceed to be told from noise, ns. */
export function floorOf(seenNs: number, noiseNs: number): number {
  return Math.max(seenNs, NOISE_FACTOR * noiseNs);
}

function shiftOf(layer: string, planted: PathView[][], clean: PathView[][]): LayerShift {
  const withNs = quartileOf(planted.flat(), layer);
  const withoutNs = quartileOf(clean.flat(), layer);
  const halves = [0, 1].map((odd) => quartileOf(clean.filter((_, n) => n % 2 === odd).flat(), layer)) as [
    number,
    number,
  ];
  // Two halves are twice as far apart (in variance) as the whole is from the planted blocks.
  const noiseNs = Math.abs(halves[0] - halves[1]) / Math.SQRT2;
  return { layer, withNs, withoutNs, shiftNs: withNs - withoutNs, noiseNs };
}

function quartileOf(paths: readonly PathView[], layer: string): number {
  return lowerQuartile(paths.flatMap((path) => path.layers.find((each) => each.layer === layer)?.ns ?? []));
}

/** By linear interpolation between order statistics; NaN without values. */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) / 4;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + ((sorted[Math.ceil(at)] ?? Number.NaN) - low) * (at - Math.floor(at));
}
