import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { ConsoleMetricExporter } from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { ExporterName, Protocol } from './otel-environment.ts';

/** Imported on demand: the gRPC stack alone costs tens of milliseconds and megabytes. */
const SPAN_EXPORTERS: Record<Protocol, () => Promise<SpanExporter>> = {
  'http/protobuf': async () => new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(),
  'http/json': async () => new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(),
  grpc: async () => new (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter(),
};
const METRIC_EXPORTERS: Record<Protocol, () => Promise<PushMetricExporter>> = {
  'http/protobuf': async () => new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter(),
  'http/json': async () => new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter(),
  grpc: async () => new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter(),
};

/** Endpoint, headers, TLS and timeout come from the standard variables, which the exporter reads itself. */
export async function spanExporter(name: ExporterName, protocol: Protocol): Promise<SpanExporter> {
  return name === 'console' ? new ConsoleSpanExporter() : await SPAN_EXPORTERS[protocol]();
}

/** @see spanExporter */
export async function metricExporter(name: ExporterName, protocol: Protocol): Promise<PushMetricExporter> {
  return name === 'console' ? new ConsoleMetricExporter() : await METRIC_EXPORTERS[protocol]();
}
