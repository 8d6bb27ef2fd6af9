import { context, metrics, propagation, type Tracer, trace } from '@opentelemetry/api';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { PathColumns } from '../join/paths.ts';
import { CLASSES } from '../wire/record.ts';
import { ExportWatch } from './export-watch.ts';
import { layerMetricProducer } from './layer-metrics.ts';
import type { ExportContext, OtelExport, OtelOptions } from './otel.ts';
import type { MetricSettings, OtelSettings, TraceSettings } from './otel-environment.ts';
import { metricExporter, spanExporter } from './otlp-exporters.ts';
import { PathSampler } from './path-sampler.ts';
import { exportPath, MAX_SPANS } from './path-spans.ts';

const REQUEST = CLASSES.indexOf('request');
/** Below the server's own limit for closing. */
const SHUTDOWN_MS = 1_500;

/** The running SDK: chooses paths, makes spans, and accounts for each of them. */
export class OtelSdk implements OtelExport {
  readonly counters = { 'otel.paths': 0, 'otel.skipped': 0, 'otel.limited': 0, 'otel.unplaced': 0, 'otel.spans': 0 };
  readonly drops = { 'otel.queue': 0, 'otel.spans.failed': 0, 'otel.metrics.failed': 0 };
  private readonly options: OtelOptions;
  private readonly settings: OtelSettings;
  private readonly sampler: PathSampler;
  private readonly spanWatches: ExportWatch[] = [];
  private sdk: NodeSDK | undefined;
  private tracer: Tracer | undefined;

  private constructor(settings: OtelSettings, options: OtelOptions) {
    this.settings = settings;
    this.options = options;
    this.sampler = new PathSampler({
      share: settings.traces?.share ?? 0,
      ...(options.random === undefined ? {} : { random: options.random }),
    });
  }

  static async start(settings: OtelSettings, options: OtelOptions): Promise<OtelSdk> {
    const self = new OtelSdk(settings, options);
    const { traces, metrics: metricSettings } = settings;
    self.sdk = new NodeSDK({
      // The other detectors put the command line, the owner and the host's id on every series.
      resourceDetectors: [envDetector],
      resource: defaultResource().merge(
        resourceFromAttributes({ [ATTR_SERVICE_NAME]: 'hopscope', [ATTR_SERVICE_VERSION]: options.version }),
      ),
      // Chosen already, by PathSampler, which reads OTEL_TRACES_SAMPLER: not a second time.
      sampler: new AlwaysOnSampler(),
      textMapPropagator: null,
      logRecordProcessors: [],
      spanProcessors: traces === null ? [] : await self.spanProcessors(traces),
      metricReaders: metricSettings === null ? [] : await self.metricReaders(metricSettings),
    });
    self.sdk.start();
    if (traces !== null) self.tracer = trace.getTracer('hopscope', options.version);
    return self;
  }

  private async spanProcessors(traces: TraceSettings): Promise<SpanProcessor[]> {
    const processors: SpanProcessor[] = [];
    for (const name of traces.exporters) {
      const watch = new ExportWatch(`traces to ${name}`, this.options.log);
      const exporter = watch.over(
        await spanExporter(name, traces.protocol),
        (spans) => spans.length,
        (spans, ok) => this.settled(spans, ok),
      );
      this.spanWatches.push(watch);
      processors.push(new BatchSpanProcessor({ ...traces, exporter }));
    }
    return processors;
  }

  private settled(spans: number, ok: boolean): void {
    if (ok) this.counters['otel.spans'] += spans;
    else this.drops['otel.spans.failed'] += spans;
  }

  private async metricReaders(settings: MetricSettings): Promise<IMetricReader[]> {
    const { version, totals, nowMs, log } = this.options;
    const readers: IMetricReader[] = [];
    for (const name of settings.exporters) {
      const exporter = new ExportWatch(`metrics to ${name}`, log).over(
        await metricExporter(name, settings.protocol),
        () => 1,
        (_, ok) => {
          if (!ok) this.drops['otel.metrics.failed']++;
        },
      );
      const { exportIntervalMillis, exportTimeoutMillis } = settings;
      const metricProducers = [layerMetricProducer(version, totals, nowMs)];
      readers.push(
        new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis, metricProducers }),
      );
    }
    return readers;
  }

  paths(columns: PathColumns, from: number, to: number, about: ExportContext): void {
    if (this.tracer === undefined) return;
    for (let row = from; row < to; row++) {
      // What waits on purpose is no outlier among requests.
      const slowNs = columns.class[row] === REQUEST ? about.slowNs : null;
      const verdict = this.sampler.decide(columns.atMs[row] as number, columns.endToEnd[row] as number, slowNs);
      if (verdict === 'skipped' || verdict === 'limited') this.counters[`otel.${verdict}`]++;
      else this.path(this.tracer, columns, row, about, verdict);
    }
  }

  /** A path enters the queue whole or not at all: the batch processor would drop single spans, and in silence. */
  private path(tracer: Tracer, columns: PathColumns, row: number, about: ExportContext, why: 'sample' | 'slow'): void {
    const room = this.settings.traces?.maxQueueSize ?? 0;
    if (this.spanWatches.some((watch) => watch.pending + MAX_SPANS > room)) {
      this.drops['otel.queue']++;
      return;
    }
    const spans = exportPath(tracer, columns, row, about, why);
    this.counters[spans === 0 ? 'otel.unplaced' : 'otel.paths']++;
    for (const watch of this.spanWatches) watch.pending += spans;
  }

  async shutdown(): Promise<void> {
    const { promise: deadline, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(resolve, SHUTDOWN_MS, `not done after ${SHUTDOWN_MS / 1000} s`);
    const stopped = this.sdk?.shutdown().then(
      () => '',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const problem = await Promise.race([stopped, deadline]);
    clearTimeout(timer);
    const pending = this.spanWatches.reduce((sum, watch) => sum + watch.pending, 0);
    if (pending > 0) this.drops['otel.spans.failed'] += pending;
    if (problem) this.options.log.warn(`otel: last export failed, ${pending} spans were still waiting: ${problem}`);
    // The globals are the API's way to find a provider; another start in this process must find its own.
    for (const api of [trace, metrics, context, propagation]) api.disable();
  }
}
