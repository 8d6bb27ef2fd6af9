/**
 * The real OpenTelemetry Collector on loopback. What it received and parsed it
 * sends on, as OTLP/JSON, to a reader here: assertions see the Collector's
 * understanding of our bytes, not ours.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

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
  private readonly child: ChildProcess;
  private readonly reader: Server;
  private readonly folder: string;
  private waiting: (() => void)[] = [];

  private constructor(child: ChildProcess, reader: Server, folder: string, httpPort: number, grpcPort: number) {
    this.child = child;
    this.reader = reader;
    this.folder = folder;
    this.httpUrl = `http://127.0.0.1:${httpPort}`;
    this.grpcUrl = `http://127.0.0.1:${grpcPort}`;
    reader.on('request', (request, response) => {
      this.take(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
  }

  static async start(): Promise<Collector> {
    const script = join(import.meta.dirname, 'collector.sh');
    const { stdout } = await promisify(execFile)(script, { maxBuffer: 1 << 26 });
    const reader = createServer();
    reader.listen(0, '127.0.0.1');
    await once(reader, 'listening');
    const [httpPort, grpcPort] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), 'hopscope-otelcol-'));
    const config = join(folder, 'config.yaml');
    await writeFile(config, collectorConfig(httpPort, grpcPort, (reader.address() as AddressInfo).port));
    const child = spawn(stdout.trim(), ['--config', `file:${config}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    const collector = new Collector(child, reader, folder, httpPort, grpcPort);
    await ready(child);
    return collector;
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
    const gone = once(this.child, 'exit');
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await gone;
    }
    this.reader.closeAllConnections();
    this.reader.close();
    await rm(this.folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Its own telemetry is off: it would listen on a fixed port. */
function collectorConfig(httpPort: number, grpcPort: number, readerPort: number): string {
  return `
receivers:
  otlp:
    protocols:
      http: { endpoint: 127.0.0.1:${httpPort} }
      grpc: { endpoint: 127.0.0.1:${grpcPort} }
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${readerPort}
    encoding: json
    compression: none
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp_http] }
    metrics: { receivers: [otlp], exporters: [otlp_http] }
`;
}

async function ready(child: ChildProcess): Promise<void> {
  let log = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stderr?.on('data', (chunk) => {
    log += chunk;
    if (log.includes('Everything is ready')) resolve();
  });
  child.on('error', reject);
  child.on('exit', (code) => reject(new Error(`the Collector ended with ${code}:\n${log}`)));
  await promise;
}
