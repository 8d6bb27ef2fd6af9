/** A real OpenTelemetry Collector as a process: OTLP in, and out to a reader on a port of this machine. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export class CollectorProcess {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, httpPort: number, grpcPort: number) {
    this.#child = child;
    this.#folder = folder;
    this.httpUrl = `http://127.0.0.1:${httpPort}`;
    this.grpcUrl = `http://127.0.0.1:${grpcPort}`;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Builds it where there is none yet. @param encoding of what the reader gets */
  static async start(readerPort: number, encoding: 'json' | 'proto'): Promise<CollectorProcess> {
    const script = join(import.meta.dirname, 'collector.sh');
    const { stdout } = await promisify(execFile)(script, { maxBuffer: 1 << 26 });
    const [httpPort, grpcPort] = [await freePort(), await freePort()];
    const folder = await mkdtemp(join(tmpdir(), 'hopscope-otelcol-'));
    const config = join(folder, 'config.yaml');
    await writeFile(config, configOf(httpPort, grpcPort, readerPort, encoding));
    const child = spawn(stdout.trim(), ['--config', `file:${config}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    await ready(child);
    return new CollectorProcess(child, folder, httpPort, grpcPort);
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await gone;
    }
    await rm(this.#folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Its own telemetry is off: it would listen on a fixed port. */
function configOf(httpPort: number, grpcPort: number, readerPort: number, encoding: string): string {
  return `
receivers:
  otlp:
    protocols:
      http: { endpoint: 127.0.0.1:${httpPort} }
      grpc: { endpoint: 127.0.0.1:${grpcPort} }
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${readerPort}
    encoding: ${encoding}
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
