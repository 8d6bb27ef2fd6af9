import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseOptions, type ServerOptions } from '../../server/options.ts';

function good(...args: string[]): ServerOptions {
  const result = parseOptions(args);
  if (!result.ok) throw new Error(result.message);
  return result.options;
}

function bad(...args: string[]): string {
  const result = parseOptions(args);
  if (result.ok) throw new Error('these options should have been refused');
  expect(result.exitCode).toBe(2);
  return result.message;
}

function tokenFile(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'hopscope-token-'));
  made.push(directory);
  writeFileSync(join(directory, 'token'), content);
  return join(directory, 'token');
}

const made: string[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});

describe('parseOptions', () => {
  it('listens on loopback with a token of its own unless told otherwise', () => {
    const options = good();
    expect(options).toMatchObject({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 7117 }],
      tokenGenerated: true,
      run: 'live',
      allowOrigins: [],
      longPolls: [],
      keepRun: false,
      traceUrl: null,
      objectives: null,
      logLevel: 'info',
      logFormat: 'auto',
    });
    expect(options.token).toHaveLength(32);
    expect(good().token).not.toBe(options.token);
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('listens in several places, the default replaced', () => {
    const { listen } = good('--listen', '127.0.0.1:1', '--listen', '[::1]:2', '--listen', 'unix:/run/h.sock');
    expect(listen).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 1 },
      { kind: 'tcp', host: '::1', port: 2 },
      { kind: 'unix', path: '/run/h.sock' },
    ]);
  });

  it('takes what no flag says from the environment', () => {
    vi.stubEnv('HOPSCOPE_LISTEN', '127.0.0.1:8001,[::1]:8002');
    vi.stubEnv('HOPSCOPE_TOKEN', 'from-the-environment');
    vi.stubEnv('HOPSCOPE_LOG_LEVEL', 'debug');
    const options = good('--log-level', 'warn');
    expect(options.listen).toHaveLength(2);
    expect(options).toMatchObject({ token: 'from-the-environment', tokenGenerated: false, logLevel: 'warn' });
  });

  it('takes several beginnings of paths that wait on purpose, and nothing that is none', () => {
    expect(good('--long-poll', '/events', '--long-poll', '/poll/').longPolls).toEqual(['/events', '/poll/']);
    vi.stubEnv('HOPSCOPE_LONG_POLL', '/a, /b');
    expect(good().longPolls).toEqual(['/a', '/b']);
    for (const path of ['events', '', `/${'x'.repeat(63)}`, '/a b']) {
      expect(bad('--long-poll', path)).toContain('--long-poll');
    }
  });

  it('keeps what is stored for days and up to a size, roll-ups for longer', () => {
    const DAY = 86_400_000;
    const { retention, rawPerSecond } = good('--store', '/tmp');
    expect(retention).toEqual({
      keepMs: { paths: 7 * DAY, seconds: 28 * DAY, minutes: 364 * DAY },
      maxBytes: 10 * 2 ** 30,
    });
    expect(rawPerSecond).toBeNull();
    vi.stubEnv('HOPSCOPE_KEEP_DAYS', '2');
    vi.stubEnv('HOPSCOPE_RAW', 'budget:200');
    const given = good('--store', '/tmp', '--keep-gib', '0.5');
    expect(given.retention.keepMs.paths).toBe(2 * DAY);
    expect(given.retention.maxBytes).toBe(2 ** 29);
    expect([given.rawPerSecond, good('--store', '/tmp', '--raw', 'all').rawPerSecond]).toEqual([200, null]);
  });

  it('reads the token from a file, without the line break at its end', () => {
    expect(good('--token-file', tokenFile('secret-in-a-file\n')).token).toBe('secret-in-a-file');
  });

  it('suggests the flag that was meant', () => {
    expect(bad('--lissten', '7117')).toMatch(/--lissten[\s\S]*--listen/);
  });

  it.each(['0.0.0.0:7117', ':7117', '[::]:7117', '10.0.0.1:7117', 'myhost:7117'])(
    'will not listen on %s with a token that nobody chose',
    (address) => {
      const message = bad('--listen', address);
      expect(message).toContain('--token-file');
      expect(good('--listen', address, '--token', 'chosen-by-me').token).toBe('chosen-by-me');
    },
  );

  it.each([
    [['--listen', 'nowhere'], 'host:port'],
    [['--listen', '127.0.0.1:99999'], 'host:port'],
    [['--listen', 'unix:'], 'unix:/path'],
    [['--token', 'short'], '8 to 256'],
    [['--token', 'with a space in it'], 'no spaces'],
    [['--token-file', '/nonexistent/token'], 'cannot be read'],
    [['--token', 'abcdefgh', '--token-file', '/dev/null'], 'Keep one'],
    [['--run', 'a\nb'], '--run'],
    [['--allow-origin', 'example.org'], 'scheme://host'],
    [['--allow-origin', 'https://example.org/path'], 'without a path'],
    [['--trace-url', 'traces/{run}'], 'Write http'],
    [['--trace-url', 'https://traces/{traceId}'], 'none of {run}'],
    [['--store', '/tmp', '--keep-days', '0'], 'above 0'],
    [['--store', '/tmp', '--keep-gib', 'ten'], 'above 0'],
    [['--store', '/tmp', '--raw', 'budget:0'], 'budget:200'],
    [['--store', '/tmp', '--raw', 'some'], 'budget:200'],
    [['--keep-days', '3'], '--store'],
    [['--raw', 'budget:5'], '--store'],
    [['--log-level', 'loud'], 'debug'],
    [['stray'], 'too many arguments'],
  ])('refuses %j and says what is right', (args, expected) => {
    expect(bad(...args)).toContain(expected);
  });

  it('takes receivers of alerts from flags, files and the environment', () => {
    const hush = tokenFile('https://hooks.example/T0/hush');
    vi.stubEnv('HOPSCOPE_ALERTMANAGER', 'http://me:pass@am-1:9093,http://am-2:9093/');
    const { receivers } = good('--objectives', 'o.yaml', '--notify', `@${hush}`, '--notify', 'http://127.0.0.1:9/x');
    expect(receivers.map(({ kind, url }) => `${kind} ${url}`)).toEqual([
      'webhook https://hooks.example/T0/hush',
      'webhook http://127.0.0.1:9/x',
      'alertmanager http://am-1:9093/api/v2/alerts',
      'alertmanager http://am-2:9093/api/v2/alerts',
    ]);
    expect(receivers[2]!.authorization).toBe(`Basic ${btoa('me:pass')}`);
  });

  it('refuses receivers that could never be told of anything, and passwords in flags', () => {
    expect(bad('--notify', 'http://127.0.0.1:9')).toContain('--objectives');
    expect(bad('--objectives', 'o.yaml', '--alertmanager', 'am:9093/')).toContain('--alertmanager: that is no address');
    expect(bad('--objectives', 'o.yaml', '--notify', 'http://me:pass@h/')).not.toContain('me:pass');
    expect(bad('--external-url', 'hopscope')).toContain('no address');
    vi.stubEnv('HOPSCOPE_NOTIFY', 'http://127.0.0.1:9');
    expect(good().receivers).toHaveLength(1);
  });
});
