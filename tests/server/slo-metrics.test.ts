/** Objectives of a real server as others see them: in /metrics, as rules for Prometheus, and in what people are told. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseReceiver, type Receiver } from '../../server/notify/receiver.ts';
import type { Health } from '../../server/wire/views.ts';
import { until } from '../agent/until.ts';
import { exchanges, frame, hostNowNs, stats, VMS } from './exchanges.ts';
import { Listener } from './notify/listener.ts';
import { acked, afterwards, attach, getJson, type Started, start } from './running-server.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const OBJECTIVES = `apiVersion: openslo/v1
kind: SLO
metadata: { name: answered, annotations: { hopscope.dev/alerts: google } }
spec:
  service: web
  indicator:
    metadata: { name: answered }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { type: Hopscope, spec: { status: 5xx } } }
        total: { metricSource: { type: Hopscope, spec: {} } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
`;

function objectivesFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-slo-'));
  afterwards(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'objectives.yaml'), OBJECTIVES);
  return join(folder, 'objectives.yaml');
}

function webhook(url: string): Receiver {
  const result = parseReceiver('webhook', url, false);
  if (!result.ok) throw new Error(result.fault);
  return result.receiver;
}

/** 30 requests that were answered, and 10 that were not. */
async function measured(server: Started): Promise<void> {
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  host.peer.send(VMS);
  const good = exchanges(30, hostNowNs());
  const bad = exchanges(10, hostNowNs(), { status: 503 }, 100);
  host.peer.send(frame(1, [...good.host, ...bad.host]));
  guest.peer.send(frame(1, [...good.guest, ...bad.guest]));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  for (const { peer } of [host, guest]) peer.send(stats());
}

async function metricsOf(server: Started): Promise<string[]> {
  return (await (await fetch(`${server.url}/metrics`)).text()).split('\n');
}

describe('a server with objectives', () => {
  it('has their events in /metrics, and tells who wants to know when their budget burns', async () => {
    const people = await Listener.start(503);
    const dead = await Listener.start(...Array.from({ length: 100 }, () => 503));
    const receivers = [webhook(`${people.url}/hush`), webhook(dead.url)];
    const server = await start({ objectives: objectivesFile(), receivers });
    const labels = '{objective="answered",slo="answered",service="web",unit="requests"}';
    expect(await metricsOf(server)).toContain(`hopscope_slo_events_total${labels} 0`);
    await measured(server);
    // The first attempt fails.
    const [, told] = await people.until(({ length }) => length >= 2);
    expect(told).toMatchObject({
      path: '/hush',
      body: { ...{ status: 'firing', key: 'answered/page-1h', severity: 'page' }, url: server.url },
    });
    expect(told!.body.long).toEqual({ minutes: 60, total: 40, bad: 10, burn: 25 });
    const { notify, counters, drops } = await until(
      () => getJson<Health>(server, '/api/health'),
      (health) => health.notify?.[0]?.waiting === 0,
    );
    expect(notify![0]).toMatchObject({ kind: 'webhook', to: people.url, failed: 1, waiting: 0, fault: null });
    expect(notify![1]).toMatchObject({ to: dead.url, delivered: 0, waiting: 3, fault: 'status 503 because of that' });
    expect(counters).toMatchObject({ 'notify.delivered': 3, 'notify.refused': 0 });
    expect(drops).toMatchObject({ 'notify.full': 0 });
    const lines = await metricsOf(server);
    for (const line of [
      `hopscope_slo_events_total${labels} 40`,
      `hopscope_slo_bad_events_total${labels} 10`,
      'hopscope_slo_target_ratio{objective="answered"} 0.99',
      'hopscope_slo_alert_firing{objective="answered",slo="answered",service="web",rule="page-1h",severity="page"} 1',
      'hopscope_events_total{event="notify.delivered"} 3',
      'hopscope_drops_total{queue="notify.full"} 0',
    ]) {
      expect(lines).toContain(line);
    }
    const { status, stdout } = spawnSync('promtool', ['check', 'metrics'], { input: lines.join('\n') });
    expect(`${status} ${stdout}`).toBe('0 ');
    // What still waits holds nothing up.
    await server.close();
  }, 60_000);

  it('gives the same rules for Prometheus as the file does', async () => {
    const file = objectivesFile();
    const server = await start({ objectives: file });
    const rules = async (...args: string[]) =>
      (await promisify(execFile)(process.execPath, [FRONT_DOOR, 'slo', ...args])).stdout;
    const ofServer = await rules('--server', server.url, 'rules');
    expect(ofServer).toBe(await rules('rules', '--objectives', file));
    expect(ofServer).toContain('expr: hopscope:slo_bad_events:ratio_increase1h{objective="answered"} > (14.4 * 0.01)');
  }, 60_000);
});
