/** Objectives of a real server, with real agents attached: counted, judged, reloaded, asked for by the command. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readObjectives } from '../../server/openslo/objectives-text.ts';
import type { SloView } from '../../server/wire/slo-views.ts';
import { until } from '../agent/until.ts';
import { exchange, exchanges, frame, hostNowNs, stats, VMS } from './exchanges.ts';
import { acked, afterwards, attach, getJson, type Started, start } from './running-server.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const execute = promisify(execFile);

/** @param limitMs of the end-to-end time, which is 0.7 ms here */
function objectives(limitMs: number, target = 0.99): string {
  return `apiVersion: openslo/v1
kind: SLO
metadata: { name: fast }
spec:
  service: web
  indicator:
    metadata: { name: fast }
    spec: { thresholdMetric: { metricSource: { type: Hopscope, spec: { vm: shop, exclude: { healthChecks: /healthz } } } } }
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ op: lte, value: ${limitMs}, target: ${target} }]
`;
}

function newFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-slo-'));
  afterwards(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'objectives.yaml');
  writeFileSync(file, text);
  return file;
}

async function hopscope(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await execute(process.execPath, [FRONT_DOOR, ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** 20 requests of a good time, 5 that took 30 ms more, and 2 health checks; both agents there. */
async function measured(server: Started, firstSeq = 1): Promise<void> {
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  host.peer.send(VMS);
  const good = exchanges(20, hostNowNs(), {}, firstSeq);
  const slow = exchanges(5, hostNowNs(), { slowerNs: 30_000_000 }, firstSeq + 100);
  const checks = [200, 201].map((seq) =>
    exchange(firstSeq + seq, { atNs: hostNowNs() - 5_000_000n, head: 'GET /healthz?deep' }),
  );
  host.peer.send(frame(1, [...good.host, ...slow.host, ...checks.map((check) => check.host)]));
  guest.peer.send(frame(1, [...good.guest, ...slow.guest, ...checks.map((check) => check.guest)]));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  for (const { peer } of [host, guest]) peer.send(stats());
}

const view = (server: Started, query = '') => getJson<SloView>(server, `/api/slo${query}`);

describe('the objectives of a server', () => {
  it('are counted from every request, with what is left out beside it', async () => {
    const server = await start({ objectives: newFile(objectives(5)) });
    await measured(server);
    const { results, faults, unjudged } = await view(server);
    expect([faults, unjudged]).toEqual([[], []]);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({
      ...{ objective: 'fast', service: 'web', state: 'missed', achieved: 0.8, target: 0.99 },
      counts: { total: 25, good: 20, bad: 5, unmeasured: 0, longPolls: 0, healthChecks: 2, multiplexed: 0 },
      excluded: [
        { what: 'long polls', which: 'streams', requests: 0 },
        { what: 'health checks', which: '/healthz', requests: 2 },
      ],
    });
    expect(results[0]!.budgetLeft).toBeCloseTo(1 - 0.2 / 0.01);
    expect(results[0]!.coverage.minutes).toBe(1_440);
    expect(results[0]!.coverage.measured).toBeGreaterThan(0);
    expect(results[0]!.coverage.measured).toBeLessThan(4);
  });

  it('page once the alert was judged, and say over which minutes', async () => {
    const server = await start({ objectives: newFile(objectives(5)) });
    await measured(server);
    const firing = await until(
      async () => (await view(server)).results[0]!.alerts.filter(({ state }) => state === 'firing'),
      (alerts) => alerts.length === 3,
      20_000,
    );
    expect(firing.map(({ rule }) => rule)).toEqual(['page-1h', 'page-6h', 'ticket-3d']);
    expect(firing[0]).toMatchObject({ factor: 14.4, long: { minutes: 60, total: 25, bad: 5 } });
    expect(server.slo.transitions.map(({ rule, to }) => `${rule.name} ${to}`)).toEqual([
      ...['page-1h firing', 'page-6h firing', 'ticket-3d firing'],
    ]);
  });

  it('are the same after a restart, alerts included', async () => {
    const file = newFile(objectives(5));
    const store = mkdtempSync(join(tmpdir(), 'hopscope-slo-'));
    afterwards(() => rmSync(store, { recursive: true }));
    const first = await start({ objectives: file, store });
    await measured(first);
    const before = await until(
      async () => (await view(first)).results[0]!,
      ({ alerts }) => alerts[0]!.state === 'firing',
      20_000,
    );
    await first.close();
    const second = await start({ objectives: file, store });
    const after = (await view(second)).results[0]!;
    expect(after.counts).toEqual(before.counts);
    expect(after.counts.total).toBe(25);
    expect(after.alerts.map(({ state }) => state)).toEqual(['firing', 'firing', 'firing']);
    await measured(second, 1_000);
    expect((await view(second)).results[0]!.counts.total).toBe(50);
  });

  it('are read again when the file changes, and stay as they were where it is wrong', async () => {
    const file = newFile(objectives(5));
    const server = await start({ objectives: file });
    await measured(server);
    writeFileSync(file, objectives(5, 0.5));
    await until(
      async () => (await view(server)).results[0]!.target,
      (target) => target === 0.5,
      20_000,
    );
    // Another target asks the same of each request: what was counted stays.
    expect((await view(server)).results[0]).toMatchObject({ state: 'kept', counts: { total: 25, good: 20 } });
    writeFileSync(file, objectives(5, 7));
    const wrong = await until(
      () => view(server),
      ({ faults }) => faults.length > 0,
      20_000,
    );
    expect(wrong.faults).toEqual([`${file}:11:45: expected a target below 1, as 0.999`]);
    expect(wrong.results[0]).toMatchObject({ target: 0.5, counts: { total: 25 } });
  });

  it('are given back as OpenSLO', async () => {
    const text = objectives(5);
    const server = await start({ objectives: newFile(text) });
    const answer = await (await fetch(`${server.url}/api/slo/objectives`)).text();
    const [given, read] = [readObjectives(answer), readObjectives(text)];
    if (!given.ok || !read.ok) throw new Error('both are right');
    expect(given.file.documents).toEqual(read.file.documents);
  });

  it('are judged over another stretch of time where one is given', async () => {
    const server = await start({ objectives: newFile(objectives(5)) });
    await measured(server);
    // Within a minute: the one at either end counts as a whole.
    const nowS = Math.floor(Date.now() / 60_000) * 60 + 30;
    const [past] = (await view(server, `?from=${nowS - 7_200}&to=${nowS - 3_600}`)).results;
    expect(past).toMatchObject({ state: 'no data', achieved: null, budgetLeft: null, counts: { total: 0 } });
    expect(past!.coverage).toMatchObject({ minutes: 61, measured: 0 });
    expect(past!.coverage.notMeasured).toHaveLength(1);
    const answer = await fetch(`${server.url}/api/slo?to=${nowS}`);
    expect(answer.status).toBe(400);
  });
});

describe('hopscope slo', () => {
  it('lists and checks, with exit codes for a pipeline', async () => {
    const server = await start({ objectives: newFile(objectives(5)) });
    const at = ['slo', '--server', server.url];
    expect(await hopscope(...at, 'check')).toMatchObject({ code: 4 });
    await measured(server);
    const checked = await hopscope(...at, 'check');
    expect(checked).toMatchObject({ code: 3, stderr: '' });
    expect(checked.stdout).toMatch(
      /fast: missed: 99 % of requests with vm shop have an end-to-end time of at most 5 ms/,
    );
    expect(checked.stdout).toMatch(/20 of 25 good, 80 %; budget left -1900 %/);
    expect(checked.stdout).toMatch(/left out: 2 requests, health checks \(\/healthz\)/);
    const json = JSON.parse((await hopscope(...at, '--json', 'check')).stdout) as SloView;
    expect(json.results[0]!.counts.bad).toBe(5);
    expect((await hopscope(...at, 'list')).stdout).toBe(
      'fast: 99 % of requests with vm shop have an end-to-end time of at most 5 ms, over any 1d\n',
    );
    expect(await hopscope(...at, 'check', '--from', '3h', '--to', '2h')).toMatchObject({ code: 4 });
    expect(await hopscope(...at, 'check', '--from', 'yesterday')).toMatchObject({ code: 2 });
  }, 60_000);

  it('exits with 0 where all is kept, and with 1 where nobody answers', async () => {
    const server = await start({ objectives: newFile(objectives(500)) });
    await measured(server);
    expect(await hopscope('slo', '--server', server.url, 'check')).toMatchObject({ code: 0 });
    const nobody = await hopscope('slo', '--server', 'http://127.0.0.1:9', 'check');
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('no server answers') });
  }, 60_000);

  it('validates a file: line, column, and what was expected', async () => {
    const right = newFile(objectives(5));
    expect(await hopscope('slo', 'validate', right)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/1 objective/),
    });
    const wrong = newFile(objectives(5).replace('kind: SLO', 'kind: SLA'));
    expect(await hopscope('slo', 'validate', wrong)).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(/objectives\.yaml:2:7: expected one of DataSource, SLO/),
    });
  }, 60_000);
});

describe('a server with a wrong file of objectives', () => {
  it('does not start, and says where the fault is', async () => {
    const file = newFile(objectives(5, 9));
    const started = await hopscope(
      'server',
      '--listen',
      '127.0.0.1:0',
      '--token',
      'a-token-for-tests',
      '--objectives',
      file,
    );
    expect(started).toMatchObject({
      code: 1,
      stderr: `hopscope server: ${file}:11:45: expected a target below 1, as 0.999\n`,
    });
  }, 60_000);
});
