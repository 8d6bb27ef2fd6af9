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

  it('keeps every record of the guest when the host agent, which carries them, is killed', async () => {
    run = await LabRun.start('--rate', '50');
    const before = await run.joined(200);
    process.kill(run.processWith('nic0'), 'SIGKILL');
    const isBack = ({ counters }: Health) =>
      (counters['guest.reconnects'] ?? 0) > 0 && (counters['host.channel.connects'] ?? 0) === 2;
    await run.health(isBack, 60_000);
    await run.joined(before.exchanges.joined + 300);
    const { counters, gaps } = await run.get<Health>('/api/health');
    expect(counters['frames.missing']).toBe(0);
    expect(gaps.map(({ agent }) => agent.split(':')[0])).toContain('host');
    run.finish();
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(/the host agent ended \(signal SIGKILL\); starting it again/);
    const { exchanges, drops } = parseSummary(end.stdout);
    expect(exchanges.guest).toBe(exchanges.answered);
    expect(Object.entries(drops).filter(([, count]) => count !== 0)).toEqual([]);
    // The host saw nothing while its agent was away: those requests stay without a partner, and are counted.
    expect(exchanges.joined).toBeLessThan(exchanges.guest);
  }, 180_000);

  it('loses nothing over the network either, when the server stands still for five seconds', async () => {
    run = await LabRun.start('--rate', '100', '--duration', '14s', '--uplink', 'network');
    await run.joined(200);
    const { counters } = await run.get<Health>('/api/health');
    expect(counters['host.channel.sessions']).toBe(0);
    const server = run.processWith('server');
    process.kill(server, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 5_000)); // the outage itself, not a wait for something
    process.kill(server, 'SIGCONT');
    const end = await run.ended;
    expect(end.code, end.stderr).toBe(0);
    const { exchanges } = parseSummary(end.stdout);
    expect(exchanges.joined).toBe(exchanges.answered);
  }, 120_000);
});
