/**
 * The real OpenTelemetry Collector on loopback. What it received and parsed it
 * sends on, as OTLP/JSON, to a reader here: assertions see the Collector's
 * understanding of our bytes, not ours.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CollectorProcess } from './collector-process.ts';

/** OTLP/JSON, as far as the tests read it. 64-bit integers are strings. */
export interface OtlpValue {
  stringValue?: string;
  intValue?: string;
  doubleValue?: number;
  boolValue?: boolean;
  arrayValue?: { values: OtlpValue[] };
}
export interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  status: { code?: number };
}
export interface OtlpPoint {
  attributes: OtlpAttribute[];
  startTimeUnixNano: string;
  count: string;
  sum: number;
  min: number;
  max: number;
  scale: number;
  zeroCount?: string;
  positive: { offset: number; bucketCounts: string[] };
}
export interface OtlpNumber {
  attributes: OtlpAttribute[];
  asInt?: string;
  asDouble?: number;
}
export interface OtlpMetric {
  name: string;
  description: string;
  unit: string;
  sum?: { aggregationTemporality: number; isMonotonic: boolean; dataPoints: OtlpNumber[] };
  gauge?: { dataPoints: OtlpNumber[] };
  exponentialHistogram?: { aggregationTemporality: number; dataPoints: OtlpPoint[] };
}

/** Plain values by key. */
export function attributes(list: OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: OtlpValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plain);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

export class Collector {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly spans: OtlpSpan[] = [];
  readonly metrics: OtlpMetric[] = [];
  readonly resources: Record<string, unknown>[] = [];
  private readonly collector: CollectorProcess;
  private readonly reader: Server;
  private waiting: (() => void)[] = [];

  private constructor(collector: CollectorProcess, reader: Server) {
    this.collector = collector;
    this.reader = reader;
    this.httpUrl = collector.httpUrl;
    this.grpcUrl = collector.grpcUrl;
    reader.on('request', (request, response) => {
      this.take(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
  }

  static async start(): Promise<Collector> {
    const reader = createServer();
    reader.listen(0, '127.0.0.1');
    await once(reader, 'listening');
    return new Collector(await CollectorProcess.start((reader.address() as AddressInfo).port, 'json'), reader);
  }

  private async take(request: IncomingMessage): Promise<void> {
    const body = JSON.parse(await text(request));
    for (const { resource, scopeSpans, scopeMetrics } of [
      ...(body.resourceSpans ?? []),
      ...(body.resourceMetrics ?? []),
    ]) {
      this.resources.push(attributes(resource.attributes));
      for (const scope of scopeSpans ?? []) this.spans.push(...scope.spans);
      for (const scope of scopeMetrics ?? []) this.metrics.push(...scope.metrics);
    }
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Resolves when something has arrived and `enough` says so. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  clear(): void {
    this.spans.length = 0;
    this.metrics.length = 0;
    this.resources.length = 0;
  }

  async stop(): Promise<void> {
    await this.collector.stop();
    this.reader.closeAllConnections();
    this.reader.close();
  }
}
