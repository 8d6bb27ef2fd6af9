/** Feeds the OpenTelemetry exporter, where the environment asks for one. */
import type { Logger } from 'pino';
import { contentionGauges } from './contention-gauges.ts';
import { type OtelExport, startOtel } from './export/otel.ts';
import type { Pipeline } from './pipeline.ts';
import type { PathListener } from './pipeline-options.ts';
import type { Run } from './run.ts';
import { VERSION } from './version.ts';

/** How long a run's p99 is taken as it was: computing it merges histograms. */
const SLOW_AGE_MS = 1_000;

export class PathExport {
  readonly #otel: OtelExport | null;
  readonly #now: () => number;
  #slow = { run: '', atMs: Number.NEGATIVE_INFINITY, ns: null as number | null };

  private constructor(otel: OtelExport | null, now: () => number) {
    this.#otel = otel;
    this.#now = now;
  }

  /** @param pipeline called at every metric export, which is after it exists */
  static async start(log: Logger, now: () => number, pipeline: () => Pipeline): Promise<PathExport> {
    const totals = () => {
      const { runs, registry } = pipeline();
      const { id: run, startedMs, aggregate } = runs.current;
      return { run, startedMs, vms: aggregate.totals(), contention: contentionGauges(registry.all()) };
    };
    return new PathExport(await startOtel({ version: VERSION, totals, log, nowMs: now }), now);
  }

  /** Of the exporter's own queues; empty where there is none. */
  get drops(): Readonly<Record<string, number>> {
    return this.#otel?.drops ?? {};
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#otel?.counters ?? {};
  }

  readonly paths: PathListener = (run, columns, from, to, vmNames) => {
    this.#otel?.paths(columns, from, to, { run: run.id, vmNames, slowNs: this.#slowNs(run) });
  };

  async close(): Promise<void> {
    await this.#otel?.shutdown();
  }

  #slowNs(run: Run): number | null {
    const nowMs = this.#now();
    if (run.id !== this.#slow.run || nowMs - this.#slow.atMs >= SLOW_AGE_MS) {
      this.#slow = { run: run.id, atMs: nowMs, ns: run.aggregate.whole().series.endToEnd.quantile(0.99) };
    }
    return this.#slow.ns;
  }
}
