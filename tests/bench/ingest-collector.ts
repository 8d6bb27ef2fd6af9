/**
 * A real OpenTelemetry Collector that takes the recorded requests as spans,
 * about one per layer, over OTLP/HTTP in Protobuf, and passes them on the same
 * way to a reader that keeps nothing. It joins, computes and stores nothing.
 */
import { Agent, request } from 'node:http';
import { until } from '../agent/until.ts';
import { CollectorProcess } from '../server/export/collector-process.ts';
import type { Order } from './ingest-agents.ts';
import type { Block, Contender } from './ingest-contenders.ts';
import { cpuOf, cpuSince } from './ingest-processes.ts';
import type { RecordedExchange } from './ingest-records.ts';
import { SpanReader } from './ingest-span-reader.ts';
import { REQUESTS_PER_BODY, spanBodies } from './ingest-spans.ts';

/** Bodies under way at a time. */
const SENDERS = 4;
/** One exchange in so many becomes spans: enough that bodies differ, and made in seconds. */
const ONE_IN = 6;
const PASSED_ON_WITHIN_MS = 60_000;

export class CollectorContender implements Contender {
  readonly #collector: CollectorProcess;
  readonly #reader: SpanReader;
  readonly #bodies: readonly Buffer[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  #next = 0;

  private constructor(collector: CollectorProcess, reader: SpanReader, bodies: readonly Buffer[]) {
    this.#collector = collector;
    this.#reader = reader;
    this.#bodies = bodies;
  }

  static async start(recorded: readonly RecordedExchange[]): Promise<CollectorContender> {
    const reader = await SpanReader.start();
    const bodies = await spanBodies(
      recorded.filter((_, i) => i % ONE_IN === 0),
      reader,
    );
    return new CollectorContender(await CollectorProcess.start(reader.port, 'proto'), reader, bodies);
  }

  get pid(): number {
    return this.#collector.pid;
  }

  /** Until all have come out at the other end; `rate` is not for this one. */
  async take({ requests }: Order): Promise<Block> {
    const bodies = Math.ceil(requests / REQUESTS_PER_BODY);
    const startMs = performance.now();
    const [before, own, readBefore] = [cpuOf(this.pid), process.cpuUsage(), this.#reader.count];
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (sent++ < bodies) await this.#post(this.#bodies[this.#next++ % this.#bodies.length]!);
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    const passedOn = () => this.#reader.count - readBefore;
    await until(passedOn, (count) => count >= bodies, PASSED_ON_WITHIN_MS);
    const { user, system } = process.cpuUsage(own);
    return {
      requests: bodies * REQUESTS_PER_BODY,
      seconds: (performance.now() - startMs) / 1000,
      dropped: 0,
      cpu: cpuSince(before, cpuOf(this.pid)),
      senderCpuSeconds: (user + system) / 1e6,
    };
  }

  async #post(body: Buffer): Promise<void> {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const status = await new Promise<number>((resolve, reject) => {
      const options = { method: 'POST', agent: this.#agent, headers };
      request(`${this.#collector.httpUrl}/v1/traces`, options, (response) => {
        response.resume().once('end', () => resolve(response.statusCode!));
      })
        .once('error', reject)
        .end(body);
    });
    if (status !== 200) throw new Error(`the Collector answered ${status}`);
  }

  kill(): void {
    this.#collector.kill();
  }

  async end(): Promise<void> {
    this.#agent.destroy();
    await this.#collector.stop();
    this.#reader.close();
  }
}
