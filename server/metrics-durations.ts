/** Histograms of the current run as Prometheus has them: classic buckets in seconds. Requests only. */
import type { ExponentialHistogram } from './aggregate/histogram.ts';
import type { VmTotals } from './aggregate/run-aggregate.ts';
import type { HistogramSample, Labels, MetricsText } from './metrics-text.ts';
import { CLIENT_LAYER, DETAILS, LAYER_IDS, LAYERS, type LayerId } from './wire/stations.ts';

/** Classic buckets at the powers of two from 1.024 µs to 17.2 s: edges that the exponential histogram has too, so exact. */
const EDGE_POWERS = Array.from({ length: 25 }, (_, i) => i + 10);
const EDGES_S = EDGE_POWERS.map((power) => 2 ** power / 1e9);

/** Cumulative counts at {@link EDGES_S} of a histogram of nanoseconds. */
export function classicBuckets(histogram: ExponentialHistogram, labels: Labels): HistogramSample {
  const { scale, offset, counts, zeroCount, sum } = histogram.toBuckets();
  let at = 0;
  let total = zeroCount;
  const cumulative = EDGE_POWERS.map((power) => {
    // Bucket k ends at 2^((offset + k + 1) / 2^scale), itself included.
    const end = Math.min(counts.length, power * 2 ** scale - offset);
    for (; at < end; at++) total += counts[at] as number;
    return total;
  });
  return { labels, bounds: EDGES_S, cumulative, sum: sum / 1e9, count: histogram.count };
}

/** A family of its own for the parts of layers: summed with the layers they would count twice. */
export function writeDurations(text: MetricsText, vms: readonly VmTotals[]): void {
  const whole = [{ layer: CLIENT_LAYER, place: 'client' } as const, ...LAYERS];
  text.histogram(
    'hopscope_layer_duration_seconds',
    'Time that requests spent in each layer, current run; client stands beside the sum.',
    vms.flatMap((vm) => whole.flatMap(({ layer, place }) => ofLayer(vm, layer, { layer, place }))),
  );
  text.histogram(
    'hopscope_layer_part_duration_seconds',
    'Parts of a layer where they are known, current run: they add up to the layer.',
    vms.flatMap((vm) => DETAILS.flatMap(({ layer, of, place }) => ofLayer(vm, layer, { part: layer, of, place }))),
  );
  text.histogram(
    'hopscope_end_to_end_duration_seconds',
    'First request byte to last response byte at the host NIC, current run.',
    vms.map(({ vm, endToEnd }) => classicBuckets(endToEnd, { vm })),
  );
  text.histogram(
    'hopscope_vnic_round_trip_duration_seconds',
    'Both crossings of the virtual NIC together, measured without any clock between the machines, current run.',
    vms.map(({ vm, vnicRoundTrip }) => classicBuckets(vnicRoundTrip, { vm })),
  );
}

function ofLayer({ vm, layers }: VmTotals, layer: LayerId, labels: Labels): HistogramSample[] {
  const histogram = layers[LAYER_IDS.indexOf(layer)];
  return histogram === undefined || histogram.count === 0 ? [] : [classicBuckets(histogram, { vm, ...labels })];
}
