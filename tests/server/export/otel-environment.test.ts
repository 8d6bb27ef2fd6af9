import { describe, expect, it } from 'vitest';
import { readOtelEnvironment } from '../../../server/export/otel-environment.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

describe('readOtelEnvironment', () => {
  it('asks for nothing without an endpoint or an exporter', () => {
    expect(readOtelEnvironment({})).toBe(null);
    expect(readOtelEnvironment({ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: ' ' })).toBe(null);
  });

  it('stays off when the SDK is disabled, whatever else is set', () => {
    expect(readOtelEnvironment({ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' })).toBe(null);
  });

  it('sends both signals to one endpoint, each to its own when only that is given', () => {
    const both = readOtelEnvironment(ENDPOINT);
    expect([both?.traces?.exporters, both?.metrics?.exporters]).toEqual([['otlp'], ['otlp']]);
    const one = readOtelEnvironment({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:4318/v1/metrics' });
    expect([one?.traces, one?.metrics?.exporters]).toEqual([null, ['otlp']]);
  });

  it('follows a named exporter without an endpoint, and none with one', () => {
    expect(readOtelEnvironment({ OTEL_TRACES_EXPORTER: 'otlp,console' })?.traces?.exporters).toEqual([
      'otlp',
      'console',
    ]);
    expect(readOtelEnvironment({ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' })?.traces).toBe(null);
  });

  it('prefers a signal’s protocol to the common one', () => {
    const env = { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' };
    const settings = readOtelEnvironment(env);
    expect([settings?.traces?.protocol, settings?.metrics?.protocol]).toEqual(['grpc', 'http/json']);
  });

  it.each([
    ['always_on', undefined, 1],
    ['parentbased_always_on', undefined, 1],
    ['traceidratio', '0.25', 0.25],
    ['parentbased_traceidratio', '0.5', 0.5],
    [undefined, undefined, 0.01],
  ])('takes the share of sampler %s with %s', (sampler, arg, share) => {
    const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: arg };
    expect(readOtelEnvironment(env)?.traces?.share).toBe(share);
  });

  it('sends no traces when the sampler is always off', () => {
    expect(readOtelEnvironment({ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off' })?.traces).toBe(null);
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', /use otlp, console or none/],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'thrift', /http\/protobuf is used/],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', /1 % of the paths/],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '-5', /16384 is used/],
    ['OTEL_METRIC_EXPORT_INTERVAL', 'soon', /60000 is used/],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'delta', /stay cumulative/],
  ])('says what it does about %s=%s', (name, value, message) => {
    const warnings = readOtelEnvironment({ ...ENDPOINT, [name]: value })?.warnings ?? [];
    expect(warnings.join('\n')).toMatch(message);
  });

  it('never waits for an export longer than until the next one', () => {
    const metrics = readOtelEnvironment({ ...ENDPOINT, OTEL_METRIC_EXPORT_INTERVAL: '1000' })?.metrics;
    expect(metrics).toMatchObject({ exportIntervalMillis: 1000, exportTimeoutMillis: 1000 });
  });
});
