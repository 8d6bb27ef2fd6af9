import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRecording } from '../../server/recordings.ts';
import { RECORD_BYTES } from '../../server/wire/record.ts';
import type { Health, PathView, Summary } from '../../server/wire/views.ts';
import { checkLivePage, type LivePageReport } from '../dashboard/live-page.ts';
import { expectCompleteness, expectNothingSilent, expectTelescoping, parseSummary } from './expectations.ts';
import { type LabEnd, LabRun } from './lab-run.ts';

const ARTIFACTS = join(import.meta.dirname, '../artifacts');
const PAGE_LIMIT_MS = 240_000;

describe('a real guest with virtio-net-pci', () => {
  const artifacts = mkdtempSync(join(tmpdir(), 'hopscope-vm-'));
  let run: LabRun;
  let end: LabEnd;
  let summary: Summary;
  let page: LivePageReport;
  let paths: PathView[];
  let health: Health;

  beforeAll(async () => {
    run = await LabRun.start('--rate', '100', '--artifacts', artifacts, '--record', join(artifacts, 'run.parquet'));
    await run.joined(100);
    page = await checkLivePage(run.url, ARTIFACTS);
    paths = await run.newest(1000);
    health = await run.get('/api/health');
    run.finish();
    end = await run.ended;
    summary = parseSummary(end.stdout);
  }, PAGE_LIMIT_MS + 120_000);

  afterAll(async () => {
    await run.stop();
    rmSync(artifacts, { recursive: true, force: true });
  });

  it('ends with exit code 0 after Ctrl-C and prints one JSON summary', () => {
    expect(end.code, end.stderr).toBe(0);
  });

  it('joins at least 99 % and completes at least 98 % of the answered requests', () => {
    expectCompleteness(summary);
  });

  it('loses nothing silently', () => {
    expectNothingSilent(summary);
    expect(Object.values(summary.drops).every((count) => count === 0)).toBe(true);
  });

  it('carries the records of the guest over the channel, whole', () => {
    const { counters } = health;
    expect(counters).toMatchObject({ 'host.channel.sessions': 1, 'host.channel.malformed': 0, 'frames.missing': 0 });
    // The host's agent counts its channel once a second, and says so a moment later than the guest's records are in.
    expect(counters['host.channel.bytes']).toBeGreaterThan(0.5 * paths.length * RECORD_BYTES);
    expect(counters['guest.reconnects']).toBe(0);
  });

  it('has layers that add up to the end-to-end time exactly', () => {
    expect(paths.length).toBeGreaterThan(100);
    expectTelescoping(paths);
  });

  it('stamps every complete path in the order of the stations', () => {
    for (const path of paths.filter(({ complete }) => complete)) {
      const times = path.stations.map(({ firstNs }) => firstNs as number);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it('counts what Nginx itself counted in its access log', () => {
    const lines = readFileSync(join(artifacts, 'access.log'), 'utf8').trim().split('\n');
    expect(lines.length).toBe(summary.exchanges.answered);
    expect(summary.exchanges.guest).toBe(lines.length);
  });

  it('records every path of the run in one file', async () => {
    const { rows, times, summary: recorded } = await loadRecording(join(artifacts, 'run.parquet'));
    expect(rows).toBe(summary.exchanges.joined);
    expect(recorded.endToEnd).toEqual(summary.endToEnd);
    expect(times.get('end to end')).toHaveLength(summary.endToEnd.count);
  });

  it('reads method, path and status, and keeps the query in the guest', () => {
    for (const path of paths) {
      expect([path.method, path.path, path.status]).toEqual(['GET', '/', 200]);
    }
  });

  it('agrees with the generator on the end-to-end median within the cost of the veth and the client', () => {
    const own = summary.endToEnd.p50 as number;
    const theirs = summary.load?.fromSend.p50 as number;
    expect(own).toBeLessThanOrEqual(theirs);
    // The client's side of the veth, its TCP and its event loop: beside 2 busy cores up to a millisecond.
    expect(theirs - own).toBeLessThan(Math.max(1_000_000, 0.35 * theirs));
  });

  it('names driver, model and approach of both sides', () => {
    const { host, guest } = summary.provenance;
    expect(guest).toMatchObject({ driver: 'virtio_net', nicModel: 'virtio-net-pci', nicApproach: 'paravirtual' });
    expect(host).toMatchObject({ driver: 'veth', nicModel: 'virtio-net-pci', vswitch: 'bridge' });
    expect(guest?.approach).toBe(guest?.accelerator === 'tcg' ? 'full' : 'hardware-accelerated');
    expect(guest?.kernel).toMatch(/^\d+\.\d+/);
  });

  it('has a clock with a bound, and draws nothing negative', () => {
    expect(summary.clock.method).toBe('causality');
    expect(summary.clock.boundNs).toBeGreaterThan(0);
    expect(summary.faults.negative).toBe(0);
  });

  it('shows its own cost', () => {
    expect(summary.selfCost.guestNsPerRequest).toBeGreaterThan(0);
    expect(summary.selfCost.hostNsPerRequest).toBeGreaterThan(0);
    expect(summary.selfCost.agentCpu).toBeGreaterThan(0);
  });

  it('moves the numbers on the page in a real browser, readable by everybody', () => {
    expect(page.moved[0]).not.toBe(page.moved[1]);
    expect(page.screenshots).toHaveLength(4);
  });
});
