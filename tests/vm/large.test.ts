import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PathView, Summary } from '../../server/wire/views.ts';
import { expectCompleteness, expectNothingSilent, expectTelescoping, parseSummary } from './expectations.ts';
import { type LabEnd, LabRun } from './lab-run.ts';

const BODY_BYTES = 256 * 1024;

describe('a real guest that sends 256 KiB by sendfile on a connection per request', () => {
  let run: LabRun;
  let end: LabEnd;
  let summary: Summary;
  let paths: PathView[];

  beforeAll(async () => {
    run = await LabRun.start('--path', '/big', '--connections', 'per-request', '--rate', '20', '--duration', '8s');
    // A machine that stands still amid a body has its path reported by then, and put right with the rest of it.
    const whole = (body: PathView[]) =>
      body.length === 100 && body.every(({ responseBytes }) => responseBytes > BODY_BYTES);
    paths = await run.until('/api/runs/current/paths?order=newest&limit=100', whole, 90_000);
    end = await run.ended;
    summary = parseSummary(end.stdout);
  }, 180_000);

  afterAll(() => run.stop());

  it('joins and completes every answer, and loses nothing', () => {
    expect(end.code, end.stderr).toBe(0);
    expectCompleteness(summary);
    expectNothingSilent(summary);
    expectTelescoping(paths);
  });

  it('counts every byte of the body, up to its last at the host NIC', () => {
    for (const { responseBytes, status } of paths) {
      expect(status).toBe(200);
      expect(responseBytes).toBeGreaterThan(BODY_BYTES);
      expect(responseBytes).toBeLessThan(BODY_BYTES + 1_000);
    }
  });

  it('finds time in transfer, which a body of one segment has not', () => {
    const transfer = summary.layers.find(({ layer }) => layer === 'transfer');
    expect(transfer?.p50).toBeGreaterThan(100_000);
  });
});
