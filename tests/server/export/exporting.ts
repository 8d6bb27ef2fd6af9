/** The exporter against a real Collector: one Collector a test file, one exporter a test. */
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import type { RunTotals } from '../../../server/export/layer-metrics.ts';
import { type OtelExport, startOtel } from '../../../server/export/otel.ts';
import { Collector } from './collector.ts';

/** What was logged during the test. */
export const said: string[] = [];
export const log = { info: (m: string) => said.push(m), warn: (m: string) => said.push(m) };

/** Set before the first test. */
export let collector: Collector;
let otel: OtelExport | null = null;

// The first time ever builds the Collector: 130 MB of sources and two minutes.
beforeAll(async () => {
  collector = await Collector.start();
}, 600_000);
afterAll(async () => await collector?.stop());
afterEach(async () => {
  await stop();
  vi.unstubAllEnvs();
  collector.clear();
  said.length = 0;
});

/** The exporter with these variables; stopped after the test. */
export async function start(env: Record<string, string>, totals?: () => RunTotals): Promise<OtelExport> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const none = () => ({ run: 'before', startedMs: 0, vms: [], contention: [] });
  otel = await startOtel({ version: '1.2.3', totals: totals ?? none, log, nowMs: () => 1_800_000_060_000 });
  if (otel === null) throw new Error('the exporter did not start');
  return otel;
}

/** Stop the exporter now, all it has sent. */
export async function stop(): Promise<void> {
  await otel?.shutdown();
  otel = null;
}
