import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYERS } from '../../server/wire/stations.ts';
import type { PathView, Summary } from '../../server/wire/views.ts';
import { attributes, Collector, type OtlpSpan } from '../server/export/collector.ts';
import { expectCompleteness, expectNothingSilent, expectTelescoping, parseSummary } from './expectations.ts';
import { type LabEnd, LabRun, labNamespaces } from './lab-run.ts';

const SLEEP_MS = 50;

describe('a real guest with e1000 whose service takes a known time', () => {
  let run: LabRun;
  let end: LabEnd;
  let summary: Summary;
  let paths: PathView[];
  let made: string[];
  let collector: Collector;

  beforeAll(async () => {
    const flags = ['--nic', 'e1000', '--rate', '60', '--duration', '10s', '--path', `/sleep/${SLEEP_MS}`];
    const before = labNamespaces();
    collector = await Collector.start();
    const otel = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl, OTEL_TRACES_SAMPLER: 'always_on' };
    run = await LabRun.startWith(otel, ...flags);
    await run.joined(300);
    made = labNamespaces().filter((name) => !before.includes(name));
    paths = await run.newest(300);
    end = await run.ended;
    summary = parseSummary(end.stdout);
  }, 600_000);

  afterAll(async () => {
    await run.stop();
    await collector.stop();
  });

  it('ends with exit code 0 and complete paths', () => {
    expect(end.code, end.stderr).toBe(0);
    expectCompleteness(summary);
    expectNothingSilent(summary);
    expectTelescoping(paths);
  });

  it('names the e1000 driver and its approach', () => {
    expect(summary.provenance.guest).toMatchObject({ driver: 'e1000', nicModel: 'e1000', nicApproach: 'full' });
    expect(summary.provenance.host).toMatchObject({ nicModel: 'e1000' });
  });

  it('finds the planted time in the service layer and nowhere else', () => {
    const median = (layer: string) => summary.layers.find((l) => l.layer === layer)?.p50 as number;
    expect(median('service') / 1e6).toBeGreaterThanOrEqual(SLEEP_MS - 1);
    expect(median('service') / 1e6).toBeLessThan(SLEEP_MS * 1.5);
    for (const { layer, p50 } of summary.layers.filter((l) => l.layer !== 'service')) {
      expect((p50 as number) / 1e6, layer).toBeLessThan(SLEEP_MS / 2);
    }
  });

  it('sends its paths to a real OpenTelemetry Collector, layers inside their exchange to the nanosecond', () => {
    const roots = collector.spans.filter((span) => !span.parentSpanId);
    const childrenOf = (root: OtlpSpan) => collector.spans.filter((span) => span.parentSpanId === root.spanId);
    expect(roots.length).toBeGreaterThan(50);
    for (const root of roots) {
      expect(attributes(root.attributes)).toMatchObject({ 'url.path': `/sleep/${SLEEP_MS}`, 'hopscope.vm': 'web1' });
      const children = childrenOf(root);
      if (children.length !== LAYERS.length) continue;
      const lasted = (span: OtlpSpan) => BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
      expect(children.map(lasted).reduce((a, b) => a + b, 0n)).toBe(lasted(root));
    }
    const full = roots.filter((root) => childrenOf(root).length === LAYERS.length);
    expect(full.length).toBeGreaterThan(0.9 * roots.length);
    expect(collector.metrics.map(({ name }) => name)).toContain('hopscope.layer.duration');
  });

  it('leaves no process and no namespace behind', () => {
    expect(made).toHaveLength(2);
    expect(run.processes()).toEqual([]);
    expect(labNamespaces().filter((name) => made.includes(name))).toEqual([]);
  });
});
