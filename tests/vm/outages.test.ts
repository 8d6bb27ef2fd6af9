import { afterEach, describe, expect, it } from 'vitest';
import type { Health, Summary } from '../../server/wire/views.ts';
import { parseSummary } from './expectations.ts';
import { LabRun } from './lab-run.ts';

describe('a run in which something dies', () => {
  let run: LabRun;
  afterEach(() => run.stop());

  it('goes on when the server is killed, and shows the gap', async () => {
    run = await LabRun.start('--rate', '100');
    const before = await run.joined(200);
    process.kill(run.processWith('server'), 'SIGKILL');
    // A new process has a new run: its id differs from the killed one's.
    const after = await run.until(
      '/api/runs/current/summary',
      (s: Summary) => s.run.id !== before.run.id && s.exchanges.joined >= 300 && s.gaps.length > 0,
      60_000,
    );
    expect(after.gaps.some(({ toMs, fromMs }) => toMs !== null && toMs > fromMs)).toBe(true);
    const reconnected = (h: Health) =>
      (h.counters['guest.reconnects'] ?? 0) > 0 && (h.counters['host.reconnects'] ?? 0) > 0;
    await run.health(reconnected, 20_000);
    run.finish();
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(/the server ended .* starting it again/);
    const summary = parseSummary(end.stdout);
    expect(Object.values(summary.drops).every((count) => count === 0)).toBe(true);
    // A few waited for a partner that only the killed server had: they expire after 10 s.
    const { host, joined } = summary.exchanges;
    expect(joined + summary.unmatched.host).toBeLessThanOrEqual(host);
    expect(joined).toBeGreaterThan(0.95 * host);
  }, 180_000);

  it('loses nothing when the server stands still for five seconds', async () => {
    run = await LabRun.start('--rate', '100', '--duration', '14s');
    await run.joined(200);
    const server = run.processWith('server');
    process.kill(server, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 5_000)); // the outage itself, not a wait for something
    process.kill(server, 'SIGCONT');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(0);
    const { exchanges } = parseSummary(end.stdout);
    expect(exchanges.joined).toBe(exchanges.answered);
  }, 120_000);

  it('ends with a clear message when QEMU is killed', async () => {
    run = await LabRun.start('--rate', '50');
    await run.joined(20);
    process.kill(run.processWith('-accel'), 'SIGKILL');
    const end = await run.ended;
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/QEMU ended \(signal SIGKILL\)/);
    expect(run.processes()).toEqual([]);
  }, 120_000);
});
