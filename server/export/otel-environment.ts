/**
 * What the standard OTEL_* variables ask for. The exporters read endpoint,
 * headers, timeouts and compression themselves; here stands only what decides
 * whether they are made, and what SDK 3 leaves to whoever makes them.
 */
export type Environment = Readonly<Record<string, string | undefined>>;
export type ExporterName = 'otlp' | 'console';
export type Protocol = 'http/protobuf' | 'http/json' | 'grpc';

export interface TraceSettings {
  readonly exporters: readonly ExporterName[];
  readonly protocol: Protocol;
  /** Share of paths taken, 0..1. */
  readonly share: number;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}
export interface MetricSettings {
  readonly exporters: readonly ExporterName[];
  readonly protocol: Protocol;
  readonly exportIntervalMillis: number;
  readonly exportTimeoutMillis: number;
}
export interface OtelSettings {
  readonly traces: TraceSettings | null;
  readonly metrics: MetricSettings | null;
  /** Values that were not understood, and what is done instead. */
  readonly warnings: readonly string[];
}

/** One path in a hundred: at eight to twelve spans a path, all of them would be more traffic than the traced one. */
const DEFAULT_SHARE = 0.01;
const PROTOCOLS: readonly Protocol[] = ['http/protobuf', 'http/json', 'grpc'];

/** Read the variables; null when they ask for nothing: no endpoint and no exporter named, or the SDK disabled. */
export function readOtelEnvironment(env: Environment): OtelSettings | null {
  if (text(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return null;
  const warnings: string[] = [];
  const traces = traceSettings(env, warnings);
  const metrics = metricSettings(env, warnings);
  return traces === null && metrics === null && warnings.length === 0 ? null : { traces, metrics, warnings };
}

function traceSettings(env: Environment, warnings: string[]): TraceSettings | null {
  const exporters = exporterNames(env, 'TRACES', warnings);
  const share = sampledShare(env, warnings);
  if (exporters.length === 0 || share === 0) return null;
  return {
    exporters,
    protocol: protocol(env, 'TRACES', warnings),
    share,
    // Eight times the SDK's default: a slow second of 60 paths of 12 spans fits twenty times.
    maxQueueSize: positive(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 16_384, warnings),
    maxExportBatchSize: positive(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, warnings),
    scheduledDelayMillis: positive(env, 'OTEL_BSP_SCHEDULE_DELAY', 5_000, warnings),
    exportTimeoutMillis: positive(env, 'OTEL_BSP_EXPORT_TIMEOUT', 30_000, warnings),
  };
}

function metricSettings(env: Environment, warnings: string[]): MetricSettings | null {
  const exporters = exporterNames(env, 'METRICS', warnings);
  if (exporters.length === 0) return null;
  const interval = positive(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000, warnings);
  const timeout = positive(env, 'OTEL_METRIC_EXPORT_TIMEOUT', 30_000, warnings);
  if (text(env, 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE')?.toLowerCase() === 'delta') {
    warnings.push('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta: layer histograms stay cumulative per run');
  }
  return {
    exporters,
    protocol: protocol(env, 'METRICS', warnings),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(timeout, interval),
  };
}

/** Empty counts as unset, as the specification has it. */
function text(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** Without a named exporter an endpoint switches OTLP on; the SDK's habit of sending to localhost unasked is not ours. */
function exporterNames(env: Environment, signal: 'TRACES' | 'METRICS', warnings: string[]): ExporterName[] {
  const variable = `OTEL_${signal}_EXPORTER`;
  const named = text(env, variable);
  if (named === undefined) {
    const endpoint = text(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? text(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
    return endpoint === undefined ? [] : ['otlp'];
  }
  const names = [...new Set(named.split(',').map((n) => n.trim()))];
  if (names.includes('none')) return [];
  return names.filter((name): name is ExporterName => {
    const known = name === 'otlp' || name === 'console';
    if (!known) warnings.push(`${variable}=${name} is not offered here and ignored: use otlp, console or none`);
    return known;
  });
}

function protocol(env: Environment, signal: 'TRACES' | 'METRICS', warnings: string[]): Protocol {
  const named = text(env, `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`) ?? text(env, 'OTEL_EXPORTER_OTLP_PROTOCOL');
  const known = PROTOCOLS.find((p) => p === named);
  if (named !== undefined && known === undefined) {
    warnings.push(`OTLP protocol ${named} is not known: http/protobuf is used (or say http/json, grpc)`);
  }
  return known ?? 'http/protobuf';
}

/** OTEL_TRACES_SAMPLER decides where it is set; a parent-based sampler sees roots only, no caller is known to us. */
function sampledShare(env: Environment, warnings: string[]): number {
  const sampler = text(env, 'OTEL_TRACES_SAMPLER');
  if (sampler === undefined) return DEFAULT_SHARE;
  const kind = sampler.replace(/^parentbased_/, '');
  if (kind === 'always_on') return 1;
  if (kind === 'always_off') return 0;
  if (kind === 'traceidratio') {
    const share = Number(text(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1);
    if (share >= 0 && share <= 1) return share;
    warnings.push('OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1: 1 is used');
    return 1;
  }
  warnings.push(`OTEL_TRACES_SAMPLER=${sampler} is not known: ${DEFAULT_SHARE * 100} % of the paths are sampled`);
  return DEFAULT_SHARE;
}

function positive(env: Environment, name: string, fallback: number, warnings: string[]): number {
  const raw = text(env, name);
  if (raw === undefined) return fallback;
  const value = Number(raw);
  if (Number.isFinite(value) && value > 0) return value;
  warnings.push(`${name}=${raw} is not a number above 0: ${fallback} is used`);
  return fallback;
}
