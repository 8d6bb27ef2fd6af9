/** A breach on a real server: its episode, whose it is, and a report that holds for every digit in it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { verifyReport } from '../../server/report/verify.ts';
import type { EpisodeView, SloEpisode } from '../../server/wire/episode-views.ts';
import { until } from '../agent/until.ts';
import { breached, OBJECTIVES, SLOW_SERVICE, SLOW_VNIC } from './breached-server.ts';
import { afterwards, getJson, type Started, start } from './running-server.ts';

/** Whether requests are answered, and how fast. */
const COMPOSITE = `apiVersion: openslo/v1
kind: SLO
metadata: {name: shop}
spec:
  service: web
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30d, isRolling: true}]
  objectives:
    - target: 0.999
      compositeWeight: 5
      indicator:
        metadata: {name: answered}
        spec:
          ratioMetric:
            counter: true
            bad: {metricSource: {type: Hopscope, spec: {status: 5xx}}}
            total: {metricSource: {type: Hopscope, spec: {}}}
    - target: 0.99
      op: lte
      value: 100
      compositeWeight: 2
      indicator:
        metadata: {name: fast}
        spec:
          thresholdMetric: {metricSource: {type: Hopscope, spec: {time: end-to-end, unit: ms}}}
`;
const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const execute = promisify(execFile);
const viewOf = (server: Started, { id }: SloEpisode) =>
  getJson<EpisodeView>(server, `/api/slo/episodes/${encodeURIComponent(id)}`);

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-report-'));
  afterwards(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('a breach', () => {
  it('is an episode with its extent, its requests and what fired', async () => {
    const { episode } = await breached(SLOW_VNIC);
    expect(episode).toMatchObject({ service: 'web', isOpen: true });
    expect(episode.counts.bad).toBe(100);
    expect(episode.counts.total).toBeLessThan(260);
    expect(episode.rules[0]).toMatchObject({ rule: 'page-1h', severity: 'page' });
    expect(episode.toMs - episode.fromMs).toBeLessThanOrEqual(180_000);
  });

  it('in the vNIC is the platform’s, with shares that add up to 100 %', async () => {
    const { server, episode } = await breached(SLOW_VNIC);
    const { verdict, data } = await viewOf(server, episode);
    expect(verdict).toMatchObject({ side: 'platform', part: 'vnic', requests: { bad: 100 } });
    expect(verdict.parts.reduce((sum, { permille }) => sum + permille!, 0)).toBe(1000);
    const vnic = verdict.parts.find(({ part }) => part === 'vnic')!;
    expect(vnic.permille).toBeGreaterThan(980);
    expect(vnic.lowNs).toBeLessThanOrEqual(120_000_000);
    expect(vnic.highNs).toBeGreaterThanOrEqual(120_000_000);
    expect(verdict.excessNs! / 1e6).toBeCloseTo(120, 0);
    expect(verdict.sentence).toMatch(/^From .* platform: (9\d\.\d|100\.0) % .* the vNIC\.$/);
    expect(data.slowest).toHaveLength(5);
    expect(data.slowest.every(({ good }) => !good)).toBe(true);
    expect(data.usual.length).toBeGreaterThan(300);
    expect(data.usual.every(({ good }) => good)).toBe(true);
  });

  it('has the readings of its machines beside it, and the programs of its host', async () => {
    const { server, episode } = await breached(SLOW_VNIC);
    // The minute that lasts is told of when alerts are judged.
    const { data, verdict } = await until(
      () => viewOf(server, episode),
      ({ data: { lanes } }) => lanes.some(({ gauge }) => gauge === 'tap.drops'),
      20_000,
    );
    const means = Object.fromEntries(
      [...data.lanes, ...data.neighbours].map(({ gauge, vm, minutes }) => {
        const [, seconds, millionths] = minutes.at(-1)!;
        return [gauge, [vm, Math.round(millionths / seconds) / 1e6]];
      }),
    );
    expect(means).toEqual({
      ...{ steal: ['shop', 0.02], 'vcpu.delay': ['shop', 0.004], 'vcpu.time': ['shop', 0.35] },
      ...{ 'pressure.host': ['shop', 0.11], 'pressure.guest': ['shop', 0.11] },
      ...{ 'memory.host': ['shop', 0.03], 'memory.guest': ['shop', 0.03] },
      ...{ 'softirq.host': ['shop', 0.07], 'softirq.guest': ['shop', 0.07] },
      ...{
        'nic.drops': ['shop', 2],
        'nic.errors': ['shop', 0],
        'nic.busy': ['shop', 0.25],
        'tap.drops': ['shop', 1.5],
      },
      'program.time': [expect.stringMatching(/^backup on ./), 0.4],
    });
    expect(verdict.evidence.map(({ what }) => what)).toContain('packets that the guest’s tap dropped, shop');
  }, 40_000);

  it('in the service is the tenant’s', async () => {
    const { server, episode } = await breached(SLOW_SERVICE);
    const { verdict } = await viewOf(server, episode);
    expect(verdict).toMatchObject({ side: 'tenant', part: 'service' });
    expect(verdict.sides.find(({ side }) => side === 'tenant')!.permille).toBeGreaterThan(980);
  });

  it('by status alone is undetermined: no time tells why', async () => {
    const { server, episode } = await breached({ status: 503, ...SLOW_SERVICE }, { objective: 'web-available' });
    const { verdict } = await viewOf(server, episode);
    expect(verdict).toMatchObject({ side: 'undetermined', part: null, parts: [], sides: [] });
    expect(verdict.doubts[0]).toMatch(/judges by status/);
    expect(verdict.sentence).toMatch(/undetermined/);
  });
});

describe('a report', () => {
  it('opens offline, is small, and is verified; a digit that is changed anywhere is found', async () => {
    const { server, episode } = await breached(SLOW_VNIC);
    const query = `from=${Math.floor(episode.fromMs / 1000)}&to=${Math.ceil(episode.toMs / 1000)}`;
    const html = await (await fetch(`${server.url}/api/slo/report?${query}`)).text();
    expect(html.length).toBeLessThan(2_000_000);
    expect(/(src|href)=|@import|url\(/.exec(html)).toBeNull();
    expect(html.includes('class="verdict platform"')).toBe(true);
    const verified = verifyReport(html);
    if (!verified.ok) throw new Error(verified.why);
    expect(verified.data.episode.objective).toBe('web-fast');
    const digits = [...html.matchAll(/\d/g)].map(({ index }) => index);
    expect(digits.length).toBeGreaterThan(10_000);
    const step = Math.floor(digits.length / 60);
    for (let i = 0; i < digits.length; i += step) {
      const at = digits[i]!;
      const changed = html.slice(0, at) + ((Number(html[at]) + 1) % 10) + html.slice(at + 1);
      expect(verifyReport(changed).ok, `digit ${at}: ${html.slice(at - 30, at + 10)}`).toBe(false);
    }
    expect(verifyReport(html.slice(0, -20_000))).toMatchObject({ ok: false });
    expect(verifyReport('<html></html>')).toMatchObject({ ok: false, why: expect.stringMatching(/no data/) });
  }, 60_000);

  it('is written and verified by the command, which fails on a changed file', async () => {
    const { server } = await breached(SLOW_VNIC);
    const file = join(newFolder(), 'report.html');
    const command = (...args: string[]) =>
      execute(process.execPath, [FRONT_DOOR, 'slo', '--server', server.url, ...args]);
    await command('report', '--from', '2m', '--objective', 'web-fast', '-o', file);
    expect((await command('verify', file)).stdout).toBe(`${file}: every number follows from its data\n`);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/(\d)(\.\d %)/, (_, digit, rest) => `${(Number(digit) + 1) % 10}${rest}`),
    );
    await expect(command('verify', file)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/line \d+ says/),
    });
    await expect(command('verify', '/nonexistent')).rejects.toMatchObject({ code: 1 });
    await expect(command('report')).rejects.toMatchObject({ code: 2 });
  }, 60_000);

  it('of a composite SLO says which part carries it, asked for by the SLO’s name', async () => {
    const objectives = join(newFolder(), 'objectives.yaml');
    writeFileSync(objectives, COMPOSITE);
    const { server, episode } = await breached(SLOW_VNIC, { objective: 'shop.2', objectives });
    expect(episode.composite).toMatchObject({
      slo: 'shop',
      parts: [
        { objective: 'shop.2', weight: 2, permille: 1000 },
        { objective: 'shop.1', weight: 5, burn: 0, permille: 0 },
      ],
    });
    const query = `from=${Math.floor(episode.fromMs / 1000)}&to=${Math.ceil(episode.toMs / 1000)}&objective=shop`;
    const html = await (await fetch(`${server.url}/api/slo/report?${query}`)).text();
    expect(html).toContain('<p>Of shop, shop.2 carries 100.0 % of what burns.</p>');
    const verified = verifyReport(html);
    if (!verified.ok) throw new Error(verified.why);
    expect(verified.data.episode).toMatchObject({ objective: 'shop.2', composite: { slo: 'shop' } });
    expect(verifyReport(html.replace('shop.2 carries 100.0 %', 'shop.1 carries 100.0 %')).ok).toBe(false);
  }, 60_000);

  it('is refused for a time or an objective that is not there', async () => {
    const server = await start({ objectives: OBJECTIVES });
    const status = async (query: string) => (await fetch(`${server.url}/api/slo/report?${query}`)).status;
    expect(await status('from=100&to=50')).toBe(400);
    expect(await status('from=100&to=200&objective=nothing')).toBe(404);
    expect(await status('from=100&to=200')).toBe(200);
    expect(await (await start()).pipeline.store.minutes.series()).toEqual([]);
  });
});
