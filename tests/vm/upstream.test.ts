import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Health, PathView, Summary } from '../../server/wire/views.ts';
import { expectCompleteness, expectNothingSilent, expectTelescoping, parseSummary } from './expectations.ts';
import { type LabEnd, LabRun } from './lab-run.ts';

const SLEEP_MS = 40;
/** The app's timer, its own work and the log's resolution. */
const AT_MOST = 1.6;
/** A second of load. */
const AWAITING = 20;

describe('a real guest whose Nginx has an app behind it', () => {
  let run: LabRun;
  let end: LabEnd;
  let summary: Summary;
  let paths: PathView[];
  let health: Health;

  beforeAll(async () => {
    run = await LabRun.start('--rate', '20', '--connections', '4', '--path', `/app/sleep/${SLEEP_MS}`);
    await run.joined(150, 240_000);
    paths = await run.newest(60);
    // Load goes on: the newest lines wait for their exchanges, which the host ends after 150 ms.
    const waits = ({ counters: c }: Health) => (c['accesslog.received'] ?? 0) - (c['accesslog.matched'] ?? 0);
    health = await run.health((h) => (h.counters['accesslog.matched'] ?? 0) > 100 && waits(h) <= AWAITING, 30_000);
    run.finish();
    end = await run.ended;
    summary = parseSummary(end.stdout);
  }, 400_000);

  afterAll(() => run.stop());

  const msOf = (path: PathView, layer: string) => (path.layers.find((l) => l.layer === layer)?.ns ?? Number.NaN) / 1e6;

  it('ends with exit code 0 and complete paths that add up', () => {
    expect(end.code, end.stderr).toBe(0);
    expectCompleteness(summary);
    expectNothingSilent(summary);
    expectTelescoping(paths);
  });

  it("finds the planted time in the upstream's share, and little of Nginx's own", () => {
    const sorted = (layer: string) => paths.map((path) => msOf(path, layer)).sort((a, b) => a - b);
    const [own, upstream] = [sorted('service.own'), sorted('service.upstream')];
    // The smallest: on a busy machine the app's own timer is late, and the log says so.
    expect(upstream[0]).toBeGreaterThanOrEqual(SLEEP_MS - 2);
    expect(upstream[0]).toBeLessThan(SLEEP_MS * AT_MOST);
    const middle = paths.length >> 1;
    expect(own[middle]).toBeLessThan((upstream[middle] as number) / 4);
  });

  it('splits the service of every path into two parts that add up to it exactly', () => {
    const split = paths.filter((path) => !Number.isNaN(msOf(path, 'service.upstream')));
    expect(split.length).toBe(paths.length);
    for (const path of split) {
      const [whole, own, upstream] = ['service', 'service.own', 'service.upstream'].map(
        (layer) => path.layers.find((l) => l.layer === layer)?.ns as number,
      ) as [number, number, number];
      expect(own + upstream).toBe(whole);
      expect(upstream / 1e6).toBeGreaterThanOrEqual(SLEEP_MS - 2);
    }
  });

  it('counts every line that Nginx logged', () => {
    const { counters, drops } = health;
    expect(counters).toMatchObject({ 'accesslog.malformed': 0, 'accesslog.unmatched': 0 });
    expect(counters['accesslog.received']).toBeGreaterThanOrEqual(150);
    expect(drops['guest.accesslog.away']).toBe(0);
  });
});
