/** What a comparison has to know of a run: made of all its requests, and much smaller than they are. */
import { PROBABILITIES } from './curves.ts';
import { exactQuantiles } from './exact-quantiles.ts';
import { type BlockSums, blockSums } from './shares.ts';
import { type LayerSample, layerSamples, QUANTILES, type Sample } from './shifts.ts';

const CROSSING: readonly string[] = ['vnic.in', 'vnic.out'];
/** The two parts of `vnic both` need the clock; their sum does not. */
export const SHIFTED = [
  'end to end',
  ...['nic.in', 'switch.in', 'vnic both', 'vnic.in', 'vnic.out', 'tcp.in', 'wait', 'service'],
  ...['tcp.out', 'switch.out', 'nic.out', 'transfer', 'client'],
];
const SUMMED = SHIFTED.filter((layer) => !['end to end', 'vnic.in', 'vnic.out', 'client'].includes(layer));

export interface RunColumns {
  /** Requests in the order of time; layers, `vnic both` and `end to end`. */
  times: Sample;
  /** Proven ± of `vnic.in` and `vnic.out`, request by request, ns. */
  bounds: Float64Array;
}

/** How far below and above what was measured the true quantile can be, ns. */
export interface Reach {
  below: number;
  above: number;
}

export interface RunDigest {
  /** Of the layers of SHIFTED, in their order. */
  samples: ReadonlyMap<string, LayerSample>;
  sums: BlockSums;
  /** Of the layers that need the clock, along QUANTILES. */
  reaches: ReadonlyMap<string, readonly Reach[]>;
  /** Along PROBABILITIES; of the layers that were measured. */
  curves: ReadonlyMap<string, number[]>;
}

/** @param blocks the run is cut into so many */
export function digestOf({ times, bounds }: RunColumns, blocks: number): RunDigest {
  const shifted = new Map(SHIFTED.flatMap((layer) => (times.has(layer) ? [[layer, times.get(layer)!] as const] : [])));
  const samples = layerSamples(shifted, blocks, PROBABILITIES);
  const curves = new Map([...samples].map(([layer, { exact }]) => [layer, exact]));
  for (const [layer, curve] of curves) if (Number.isNaN(curve[0])) curves.delete(layer);
  const places = QUANTILES.map((quantile) => PROBABILITIES.indexOf(quantile));
  for (const sample of samples.values()) sample.exact = places.map((at) => sample.exact[at]!);
  const sums = blockSums(
    shifted,
    SUMMED.filter((layer) => shifted.has(layer)),
    blocks,
  );
  const crossing = [...shifted].filter(([layer]) => CROSSING.includes(layer));
  const reaches = new Map(
    crossing.map(([layer, values]) => [layer, reachOf(values, samples.get(layer)!.exact, bounds)]),
  );
  return { samples, sums, reaches, curves };
}

/**
 * Two clocks split vnic both into its parts. By how much each may have been
 * wrong is no matter of chance: a quantile of the true times lies between those
 * of all times less, and all times plus, their own bounds.
 */
function reachOf(values: Float64Array, exact: readonly number[], bounds: Float64Array): Reach[] {
  const at = (sign: -1 | 1) =>
    exactQuantiles(
      values.map((value, row) => value + sign * bounds[row]!),
      QUANTILES,
    );
  const [below, middle, above] = [at(-1), exact, at(1)];
  return middle.map((value, n) => ({ below: value - below[n]!, above: above[n]! - value }));
}

/** What of a digest need not be copied to give it to another thread. */
export function buffersIn({ samples, sums }: RunDigest): ArrayBuffer[] {
  const bins = [...samples.values()].flatMap(({ bins: { sizes, below, means } }) => [sizes, below, means]);
  return [...bins, ...sums.sums.values(), sums.counts].map(({ buffer }) => buffer as ArrayBuffer);
}
