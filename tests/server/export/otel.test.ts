import { describe, expect, it, vi } from 'vitest';
import { type ExportContext, type OtelExport, startOtel } from '../../../server/export/otel.ts';
import { pathColumns } from '../../../server/join/paths.ts';
import { LAYERS, type Station } from '../../../server/wire/stations.ts';
import { attributes, type OtlpSpan } from './collector.ts';
import { collector, log, said, start, stop } from './exporting.ts';
import { addPath, LAST_NS, PASSED, type PathSample } from './sample-path.ts';

/** 1,800,000,000,123.5 ms, where nic.rx of a sample path stands. */
const START_NS = 1_800_000_000_123_500_000n;
const CONTEXT: ExportContext = { run: 'before', vmNames: ['web1'], slowNs: null };
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
  await stop();
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
      'hopscope.class': 'request',
      'hopscope.protocol': 'http/1',
      'hopscope.tcp.acked_ns': 91_000,
      'hopscope.tcp.retransmits_out': 2,
    });
    const wait = collector.spans.find((span) => span.name === 'wait');
    expect(attributes(wait?.attributes ?? [])).toMatchObject({
      'hopscope.part.wait.run_ns': 20_000,
      'hopscope.part.wait.busy_ns': PASSED['app.read'] - PASSED['sock.ready'] - 20_000,
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

  it('says nothing of HTTP where it cannot read any, and names HTTP/2 as such', async () => {
    const samples: PathSample[] = [
      { protocol: 'tls', class: 'handshake', head: '', status: 0 },
      { protocol: 'http/2', class: 'multiplexed', head: '', status: 0 },
    ];
    await exportPaths(await start(tracesTo(collector.httpUrl)), samples);
    await collector.until(() => collector.spans.length === 2 * (1 + LAYERS.length));
    const roots = collector.spans.filter((span) => !span.parentSpanId).map((s) => [s.name, attributes(s.attributes)]);
    const [tls, h2] = ['TLS', 'HTTP'].map((name) => roots.find((root) => root[0] === name)?.[1]);
    expect(tls).toMatchObject({ 'network.protocol.name': 'tls', 'hopscope.class': 'handshake' });
    expect(Object.keys(tls ?? {}).filter((key) => /^(http|url)\./.test(key))).toEqual([]);
    expect(h2).toMatchObject({ 'network.protocol.version': '2', 'hopscope.class': 'multiplexed' });
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
    const columns = pathColumns(3);
    addPath(columns);
    addPath(columns);
    columns.endToEnd[1] = LAST_NS * 10;
    // A stream is slower than any request, and no outlier.
    addPath(columns, { class: 'stream' });
    columns.endToEnd[2] = LAST_NS * 100;
    target.paths(columns, 0, 3, { ...CONTEXT, slowNs: LAST_NS });
    expect(target.counters).toMatchObject({ 'otel.paths': 1, 'otel.skipped': 2 });
    await target.shutdown();
    await collector.until(() => collector.spans.length === 1 + LAYERS.length);
    expect(attributes(rootOf(collector.spans).attributes)['hopscope.chosen']).toBe('slow');
  });
});

describe('startOtel without a receiver', () => {
  it('is off while the environment names no endpoint and no exporter', async () => {
    for (const name of Object.keys(process.env).filter((n) => n.startsWith('OTEL_'))) vi.stubEnv(name, undefined);
    expect(
      await startOtel({
        version: '1',
        totals: () => ({ run: '', startedMs: 0, vms: [], contention: [] }),
        log,
        nowMs: Date.now,
      }),
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
