/**
 * OpenTelemetry out: sampled and slow paths as traces, layer histograms as
 * exponential histograms, where the standard OTEL_* variables ask for it.
 */
import type { PathColumns } from '../join/paths.ts';
import type { RunTotals } from './layer-metrics.ts';
import { type Environment, readOtelEnvironment } from './otel-environment.ts';
import type { PathContext } from './path-spans.ts';

export interface OtelOptions {
  /** `service.version` and the instrumentation scope's version. */
  readonly version: string;
  /** Called at every metric export: the current run's totals. */
  readonly totals: () => RunTotals;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** Wall clock, ms. */
  readonly nowMs: () => number;
  /** 0 ≤ random() < 1, for the uniform sample. */
  readonly random?: () => number;
}

export interface ExportContext extends PathContext {
  /** Paths slower than this (the run's p99 so far, ns) count as outliers; null while unknown. */
  readonly slowNs: number | null;
}

export interface OtelExport {
  /** Consider rows [from, to), whose layers are derived; copies what it keeps. Cheap for rows not chosen. */
  paths(columns: PathColumns, from: number, to: number, context: ExportContext): void;
  /**
   * Paths given = `otel.paths` (became traces) + `otel.skipped` (not sampled)
   * + `otel.limited` (over the bound per second) + `otel.unplaced` (no usable
   * stamp) + drops['otel.queue']. `otel.spans` arrived.
   */
  readonly counters: Readonly<
    Record<'otel.paths' | 'otel.skipped' | 'otel.limited' | 'otel.unplaced' | 'otel.spans', number>
  >;
  /** Losses: paths at a full queue; spans and metric exports that the endpoint did not take. */
  readonly drops: Readonly<Record<'otel.queue' | 'otel.spans.failed' | 'otel.metrics.failed', number>>;
  /** Send what waits, for at most a second and a half; never rejects, the endpoint may be down. */
  shutdown(): Promise<void>;
}

/**
 * Start the exporter; null when the environment does not ask for one, at no
 * cost: the SDK is loaded only when it is used.
 */
export async function startOtel(options: OtelOptions, env: Environment = process.env): Promise<OtelExport | null> {
  const settings = readOtelEnvironment(env);
  for (const warning of settings?.warnings ?? []) options.log.warn(`otel: ${warning}`);
  if (settings === null || (settings.traces === null && settings.metrics === null)) return null;
  const { OtelSdk } = await import('./otel-sdk.ts');
  return await OtelSdk.start(settings, options);
}
