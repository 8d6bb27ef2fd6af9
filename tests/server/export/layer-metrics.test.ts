import { describe, expect, it } from 'vitest';
import type { ContentionGauge } from '../../../server/aggregate/contention.ts';
import { ExponentialHistogram } from '../../../server/aggregate/histogram.ts';
import type { VmTotals } from '../../../server/aggregate/run-aggregate.ts';
import { CLASSES } from '../../../server/wire/record.ts';
import { LAYER_IDS } from '../../../server/wire/stations.ts';
import { attributes } from './collector.ts';
import { collector, start } from './exporting.ts';

describe('metrics, seen by a real OpenTelemetry Collector', () => {
  it('sends the run’s histograms as exponential histograms in seconds, with counts and contention', async () => {
    const layers = LAYER_IDS.map(() => new ExponentialHistogram());
    const service = layers[LAYER_IDS.indexOf('service')]!;
    const values = Array.from({ length: 5_000 }, (_, i) => Math.round(1_000 * 1.002 ** i));
    for (const ns of values) service.record(ns);
    service.record(0);
    layers[LAYER_IDS.indexOf('wait.run')]!.record(5);
    const vm: VmTotals = {
      vm: 'web1',
      exchanges: 5_001,
      errors: 0,
      layers,
      endToEnd: new ExponentialHistogram(),
      vnicRoundTrip: new ExponentialHistogram(),
      classes: [5_001, 0, 0, 0],
      endToEndOf: CLASSES.map(() => new ExponentialHistogram()),
      tcp: { retransmitsIn: 3, retransmitsOut: 4, zeroWindows: 1, synRetries: 2 },
    };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl, OTEL_TRACES_EXPORTER: 'none' };
    const contention: ContentionGauge[] = [
      { kind: 'vcpu.delay', agent: 'host:hv1', vm: 'web1', value: 0.75 },
      { kind: 'steal', agent: 'guest:web1', vm: null, value: 0.25 },
    ];
    const target = await start(env, () => ({ run: 'before', startedMs: 1_800_000_000_000, vms: [vm], contention }));
    await target.shutdown();
    await collector.until(() => collector.metrics.length > 0);

    expect(collector.metrics.map((m) => [m.name, m.unit])).toEqual([
      ['hopscope.layer.duration', 's'],
      ['hopscope.layer.part.duration', 's'],
      ['hopscope.exchanges', '{exchange}'],
      ['hopscope.tcp.retransmits', '{segment}'],
      ['hopscope.tcp.zero_windows', '{time}'],
      ['hopscope.tcp.syn_retries', '{segment}'],
      ['hopscope.cpu.steal', '1'],
      ['hopscope.vcpu.delay', '1'],
    ]);
    const common = { 'hopscope.run': 'before', 'hopscope.vm': 'web1' };
    const [parts] = collector.metrics[1]?.exponentialHistogram?.dataPoints ?? [];
    const part = { ...common, 'hopscope.layer': 'wait.run', 'hopscope.layer.of': 'wait' };
    expect(attributes(parts?.attributes ?? [])).toEqual(part);
    const numbers = (at: number) => {
      const { sum, gauge } = collector.metrics[at] ?? {};
      return (sum ?? gauge)?.dataPoints.map((p) => [attributes(p.attributes), Number(p.asInt ?? p.asDouble)]);
    };
    expect(collector.metrics[2]?.sum).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 });
    expect(numbers(2)?.slice(0, 2)).toEqual([
      [{ ...common, 'hopscope.class': 'request' }, 5_001],
      [{ ...common, 'hopscope.class': 'multiplexed' }, 0],
    ]);
    expect(numbers(3)).toEqual([
      [{ ...common, 'hopscope.direction': 'in' }, 3],
      [{ ...common, 'hopscope.direction': 'out' }, 4],
    ]);
    expect(numbers(4)).toEqual([[common, 1]]);
    expect(numbers(5)).toEqual([[common, 2]]);
    expect(numbers(6)).toEqual([[{ 'hopscope.agent': 'guest:web1' }, 0.25]]);
    expect(numbers(7)).toEqual([[{ 'hopscope.agent': 'host:hv1', 'hopscope.vm': 'web1' }, 0.75]]);
    const points = collector.metrics[0]?.exponentialHistogram?.dataPoints ?? [];
    expect(collector.metrics[0]?.exponentialHistogram?.aggregationTemporality).toBe(2);
    expect(points).toHaveLength(1);
    const point = points[0]!;
    expect(attributes(point.attributes)).toEqual({
      'hopscope.run': 'before',
      'hopscope.vm': 'web1',
      'hopscope.layer': 'service',
    });
    expect(point.startTimeUnixNano).toBe('1800000000000000000');
    const own = service.toBuckets();
    expect(point.positive.bucketCounts.map(Number)).toEqual(own.counts);
    expect([Number(point.count), Number(point.zeroCount), point.scale]).toEqual([5_001, 1, own.scale]);
    expect(point.min).toBe(0);
    expect(point.max).toBeCloseTo(values.at(-1)! / 1e9, 9);
    expect(point.sum).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 1e9, 6);

    // The median's bucket, read by OTLP's own definition, holds the true median within one bucket.
    const within = (k: number) => point.positive.bucketCounts.slice(0, k + 1).reduce((sum, n) => sum + Number(n), 1);
    const k = point.positive.bucketCounts.findIndex((_, i) => within(i) >= 2_501);
    const middle = 2 ** ((point.positive.offset + k + 0.5) / 2 ** point.scale);
    expect(Math.abs(middle / (values[2_500]! / 1e9) - 1)).toBeLessThan(2 ** (1 / 2 ** point.scale) - 1);
  });
});
