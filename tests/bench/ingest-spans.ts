/** The recorded exchanges as our own exporter sends them: bodies of OTLP over HTTP, in Protobuf, a few dozen requests each. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource } from '@opentelemetry/resources';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { exportPath } from '../../server/export/path-spans.ts';
import type { RecordedExchange } from './ingest-records.ts';
import type { SpanReader } from './ingest-span-reader.ts';

/** Of 12 spans each: close to the 512 spans of the specification's batch. */
export const REQUESTS_PER_BODY = 42;

/** @param reader an address whose requests are read here: what the exporter writes is what it gets */
export async function spanBodies(recorded: readonly RecordedExchange[], reader: SpanReader): Promise<Buffer[]> {
  const exporter = new OTLPTraceExporter({ url: `${reader.url}/v1/traces` });
  const bodies: Buffer[] = [];
  for (let from = 0; from + REQUESTS_PER_BODY <= recorded.length; from += REQUESTS_PER_BODY) {
    const body = reader.next();
    const spans = spansOf(recorded.slice(from, from + REQUESTS_PER_BODY));
    await new Promise<void>((resolve, reject) => {
      exporter.export(spans, ({ code, error }) => (code === 0 ? resolve() : reject(error)));
    });
    bodies.push(await body);
  }
  await exporter.shutdown();
  return bodies;
}

function spansOf(recorded: readonly RecordedExchange[]): ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor({ exporter: memory })];
  const tracer = new TracerProvider({ resource: defaultResource(), spanProcessors }).getTracer('hopscope');
  for (const { columns, row } of recorded) {
    exportPath(tracer, columns, row, { run: 'recorded', vmNames: ['web1'] }, 'sample');
  }
  return memory.getFinishedSpans();
}
