import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExponentialHistogram } from '../../../server/aggregate/histogram.ts';
import type { VmTotals } from '../../../server/aggregate/run-aggregate.ts';
import type { RunTotals } from '../../../server/export/layer-metrics.ts';
import { type ExportContext, type OtelExport, startOtel } from '../../../server/export/otel.ts';
import { pathColumns } from '../../../server/join/paths.ts';
import { CLASSES } from '../../../server/wire/record.ts';
import { LAYER_IDS, LAYERS, type Station } from '../../../server/wire/stations.ts';
import { attributes, Collector, type OtlpSpan } from './collector.ts';
import { addPath, LAST_NS, PASSED, type PathSample } from './sample-path.ts';

/** 1,800,000,000,123.5 ms, where nic.rx of a sample path stands. */
const START_NS = 1_800_000_000_123_500_000n;
const CONTEXT: ExportContext = { run: 'before', vmNames: ['web1'], slowNs: null };
const said: string[] = [];
const log = { info: (m: string) => said.push(m), warn: (m: string) => said.push(m) };

let collector: Collector;
let otel: OtelExport | null = null;

// The first time ever builds the Collector: 130 MB of sources and two minutes.
beforeAll(async () => {
  collector = await Collector.start();
}, 600_000);
afterAll(async () => await collector?.stop());
afterEach(async () => {
  await otel?.shutdown();
  otel = null;
  vi.unstubAllEnvs();
  collector.clear();
  said.length = 0;
});

async function start(env: Record<string, string>, totals?: () => RunTotals): Promise<OtelExport> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const none = () => ({ run: 'before', startedMs: 0, vms: [] });
  otel = await startOtel({ version: '1.2.3', totals: totals ?? none, log, nowMs: () => 1_800_000_060_000 });
  if (otel === null) throw new Error('the exporter did not start');
  return otel;
}

/** The environment of someone who wants every path as a trace. */
function tracesTo(endpoint: string, protocol = 'http/protobuf'): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'always_on',
  };
}

async function exportPaths(target: OtelExport, samples: PathSample[], context = CONTEXT): Promise<void> {
  const columns = pathColumns(samples.length);
  for (const sample of samples) addPath(columns, sample);
  target.paths(columns, 0, columns.count, context);
  await target.shutdown();
  otel = null;
}

function timesOf(span: OtlpSpan): [bigint, bigint] {
  return [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
}
function rootOf(spans: OtlpSpan[]): OtlpSpan {
  const root = spans.find((span) => !span.parentSpanId);
  if (root === undefined) throw new Error('no root span arrived');
  return root;
}

describe('startOtel, seen by a real OpenTelemetry Collector', () => {
  it.each(['http/protobuf', 'http/json', 'grpc'])('sends an exchange as a span tree over %s', async (protocol) => {
    const target = await start(tracesTo(protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl, protocol));
    await exportPaths(target, [{}]);
    await collector.until(() => collector.spans.length === 1 + LAYERS.length);

    const root = rootOf(collector.spans);
    expect(root).toMatchObject({ name: 'GET', kind: 2 });
    expect(timesOf(root)).toEqual([START_NS, START_NS + BigInt(LAST_NS)]);
    for (const layer of LAYERS) {
      const span = collector.spans.find((s) => s.name === layer.layer);
      const end = layer.layer === 'transfer' ? LAST_NS : PASSED[layer.to];
      expect(span, layer.layer).toMatchObject({ traceId: root.traceId, parentSpanId: root.spanId, kind: 1 });
      expect(timesOf(span!), layer.layer).toEqual([START_NS + BigInt(PASSED[layer.from]), START_NS + BigInt(end)]);
    }
    expect(target.counters).toMatchObject({ 'otel.paths': 1, 'otel.spans': 12, 'otel.skipped': 0 });
  });

  it('makes child spans that add up to their parent to the nanosecond', async () => {
    await exportPaths(await start(tracesTo(collector.httpUrl)), [{}]);
    await collector.until(() => collector.spans.length === 1 + LAYERS.length);
    const length = (span: OtlpSpan) => timesOf(span)[1] - timesOf(span)[0];
    const root = rootOf(collector.spans);
    const children = collector.spans.filter((span) => span !== root);
    expect(children.reduce((sum, span) => sum + length(span), 0n)).toBe(length(root));
  });

  it('describes the exchange by semantic conventions and own attributes', async () => {
    await exportPaths(await start(tracesTo(collector.httpUrl)), [{}]);
    await collector.until(() => collector.spans.length === 1 + LAYERS.length);
    expect(attributes(rootOf(collector.spans).attributes)).toEqual({
      'http.request.method': 'GET',
      'url.path': '/items/42',
      'url.scheme': 'http',
      'http.response.status_code': 200,
      'client.address': '10.0.0.7',
      'client.port': 40_123,
      'server.address': '10.0.0.2',
      'server.port': 80,
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'network.protocol.name': 'http',
      'hopscope.run': 'before',
      'hopscope.vm': 'web1',
      'hopscope.chosen': 'sample',
      'hopscope.request.bytes': 140,
      'hopscope.response.bytes': 9_000,
      'hopscope.flags': ['retransmit'],
      'hopscope.bound_ns': 2_500,
      'hopscope.client.rtt_ns': 88_000,
    });
    const vnic = collector.spans.find((span) => span.name === 'vnic.in');
    expect(attributes(vnic?.attributes ?? [])).toEqual({
      'hopscope.layer': 'vnic.in',
      'hopscope.place': 'hypervisor',
      'hopscope.station.from': 'tap.tx',
      'hopscope.station.to': 'vnic.rx',
      'hopscope.bound_ns': 2_500,
    });
  });

  it('marks a server error, and a method that HTTP does not know', async () => {
    await exportPaths(await start(tracesTo(collector.httpUrl)), [{ status: 503 }, { status: 404, head: 'BREW /pot' }]);
    await collector.until(() => collector.spans.length === 2 * (1 + LAYERS.length));
    const roots = collector.spans.filter((span) => !span.parentSpanId);
    const failed = roots.find((span) => attributes(span.attributes)['http.response.status_code'] === 503);
    const odd = roots.find((span) => span !== failed);
    expect(failed?.status.code).toBe(2);
    expect(attributes(failed?.attributes ?? [])['error.type']).toBe('503');
    expect(odd?.status.code ?? 0).toBe(0);
    expect(odd?.name).toBe('HTTP');
    expect(attributes(odd?.attributes ?? [])).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
    });
  });

  it('sends an incomplete path with the layers it has and names what is missing', async () => {
    const missing: Station[] = ['app.read', 'app.write'];
    await exportPaths(await start(tracesTo(collector.httpUrl)), [{ missing }]);
    await collector.until(() => collector.spans.length === 1 + LAYERS.length - 3);
    const root = attributes(rootOf(collector.spans).attributes);
    expect(root['hopscope.missing']).toEqual(missing);
    expect(root['hopscope.unmeasured']).toEqual(['wait', 'service', 'tcp.out']);
  });

  it('leaves guest layers out while no clock places them on the timeline', async () => {
    await exportPaths(await start(tracesTo(collector.httpUrl)), [{ clockless: true }]);
    const host = LAYERS.filter((layer) => layer.clock === 'host').map((layer) => layer.layer as string);
    await collector.until(() => collector.spans.length === 1 + host.length);
    const root = rootOf(collector.spans);
    expect(collector.spans.filter((span) => span !== root).map((span) => span.name)).toEqual(host);
    expect(attributes(root.attributes)).not.toHaveProperty('hopscope.bound_ns');
  });

  it('puts the resource of the environment on all, and no command line', async () => {
    const target = await start({
      ...tracesTo(collector.httpUrl),
      OTEL_SERVICE_NAME: 'edge',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=lab',
    });
    await exportPaths(target, [{}]);
    await collector.until(() => collector.resources.length > 0);
    expect(collector.resources[0]).toMatchObject({
      'service.name': 'edge',
      'service.version': '1.2.3',
      'deployment.environment.name': 'lab',
    });
    expect(Object.keys(collector.resources[0] ?? {}).filter((k) => /^(process|host|os)\./.test(k))).toEqual([]);
  });

  it('sends what is slower than asked although the sampler takes nothing else', async () => {
    const env = {
      ...tracesTo(collector.httpUrl),
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '1e-12',
    };
    const target = await start(env);
    const columns = pathColumns(2);
    addPath(columns);
    addPath(columns);
    columns.endToEnd[1] = LAST_NS * 10;
    target.paths(columns, 0, 2, { ...CONTEXT, slowNs: LAST_NS });
    expect(target.counters).toMatchObject({ 'otel.paths': 1, 'otel.skipped': 1 });
    await target.shutdown();
    await collector.until(() => collector.spans.length === 1 + LAYERS.length);
    expect(attributes(rootOf(collector.spans).attributes)['hopscope.chosen']).toBe('slow');
  });

  it('sends the run’s histograms as exponential histograms in seconds', async () => {
    const layers = LAYER_IDS.map(() => new ExponentialHistogram());
    const service = layers[LAYER_IDS.indexOf('service')]!;
    const values = Array.from({ length: 5_000 }, (_, i) => Math.round(1_000 * 1.002 ** i));
    for (const ns of values) service.record(ns);
    service.record(0);
    const vm: VmTotals = {
      vm: 'web1',
      exchanges: 5_001,
      errors: 0,
      layers,
      endToEnd: new ExponentialHistogram(),
      vnicRoundTrip: new ExponentialHistogram(),
      classes: [5_001, 0, 0, 0],
      endToEndOf: CLASSES.map(() => new ExponentialHistogram()),
    };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl, OTEL_TRACES_EXPORTER: 'none' };
    const target = await start(env, () => ({ run: 'before', startedMs: 1_800_000_000_000, vms: [vm] }));
    await target.shutdown();
    await collector.until(() => collector.metrics.length > 0);

    expect(collector.metrics.map((m) => [m.name, m.unit])).toEqual([['hopscope.layer.duration', 's']]);
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

describe('startOtel without a receiver', () => {
  it('is off while the environment names no endpoint and no exporter', async () => {
    for (const name of Object.keys(process.env).filter((n) => n.startsWith('OTEL_'))) vi.stubEnv(name, undefined);
    expect(
      await startOtel({ version: '1', totals: () => ({ run: '', startedMs: 0, vms: [] }), log, nowMs: Date.now }),
    ).toBe(null);
  });

  it('shuts down without a throw when the endpoint is down, and counts what was lost', async () => {
    const target = await start({ ...tracesTo('http://127.0.0.1:9'), OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    await exportPaths(target, [{}, {}]);
    expect(target.counters['otel.paths']).toBe(2);
    expect(target.drops['otel.spans.failed']).toBe(2 * (1 + LAYERS.length));
    expect(said.join('\n')).toMatch(/otel: traces to otlp failed: .+ Check OTEL_EXPORTER_OTLP_ENDPOINT/);
  });

  it('takes a path into its queue whole or counts it as dropped', async () => {
    const env = {
      OTEL_BSP_MAX_QUEUE_SIZE: '30',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '30',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    };
    const target = await start({ ...tracesTo('http://127.0.0.1:9'), ...env });
    await exportPaths(target, [{}, {}, {}, {}]);
    expect(target.counters['otel.paths']).toBe(2);
    expect(target.drops['otel.queue']).toBe(2);
    expect(target.drops['otel.spans.failed']).toBe(2 * (1 + LAYERS.length));
  });
});
