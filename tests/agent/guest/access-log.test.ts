import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessLog, queueAdvice } from '../../../agent/guest/access-log.ts';
import { until } from '../until.ts';

let directory: string;
const opened: AccessLog[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hopscope-log-'));
});
afterEach(() => {
  for (const log of opened.splice(0)) log.close();
  rmSync(directory, { recursive: true });
});

function open(path = join(directory, 'deep/er/nginx.sock')): AccessLog {
  const result = AccessLog.open(path);
  if (!result.ok) throw new Error(result.reason);
  opened.push(result.log);
  return result.log;
}

/** Waits where the socket takes no more. */
const WRITER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for line in sys.stdin.buffer.read().split(b'\\n'):
    s.sendto(line, sys.argv[1])`;
/** As many as any socket takes before it is read. */
const FEW = 9;

/** By another process, as a web server would. */
function write(lines: readonly string[], path = join(directory, 'deep/er/nginx.sock')): void {
  expect(lines.length).toBeLessThanOrEqual(FEW);
  execFileSync('python3', ['-c', WRITER, path], { input: Buffer.from(lines.join('\n'), 'latin1') });
}

/** @returns the writer's exit code */
function writing(lines: readonly string[]): Promise<number | null> {
  const child = spawn('python3', ['-c', WRITER, join(directory, 'deep/er/nginx.sock')], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(lines.join('\n'));
  return once(child, 'close').then(([code]) => code as number | null);
}

function handedOver(log: AccessLog): string[][] {
  const messages: string[][] = [];
  log.handOver((lines) => messages.push(lines) > 0);
  return messages;
}

describe('the access log of a guest', () => {
  it('takes lines from whoever may write to its socket, in order, and hands them on once', () => {
    const log = open();
    write(['<190>Nov 22 19:00:00 hopscope: one', 'two']);
    log.drain();
    expect(handedOver(log)).toEqual([['<190>Nov 22 19:00:00 hopscope: one', 'two']]);
    expect(handedOver(log)).toEqual([]);
    expect(log).toMatchObject({ read: 2, sent: 2, dropped: 0 });
    expect(statSync(join(directory, 'deep/er/nginx.sock')).mode & 0o777).toBe(0o666);
  });

  it('never waits for a line', () => {
    const log = open();
    log.drain();
    expect(log.read).toBe(0);
  });

  it('cuts what is no line of ours, and keeps any byte as one character', () => {
    const log = open();
    write(['é'.repeat(2_000), 'next']);
    log.drain();
    expect(handedOver(log)).toEqual([['é'.repeat(512), 'next']]);
  });

  it('makes messages that the server takes, however the lines grow as JSON', async () => {
    const log = open();
    const writer = writing(Array.from({ length: 600 }, () => '\u0001'.repeat(500)));
    await until(
      () => {
        log.drain();
        return log.read;
      },
      (read) => read === 600,
    );
    expect(await writer).toBe(0);
    const messages = handedOver(log);
    expect(messages.flat()).toHaveLength(600);
    for (const lines of messages) {
      expect(Buffer.byteLength(JSON.stringify({ type: 'accesslog', lines }))).toBeLessThan(65_536);
    }
  });

  it('keeps lines while the server is away, the newest 8,192, and counts the others', async () => {
    const log = open();
    const writer = writing(Array.from({ length: 9_000 }, (_, i) => String(i)));
    // The socket may hold as few as ten: looked at without a pause.
    while (log.read < 9_000) {
      log.drain();
      log.handOver(() => false);
      await nextTurn();
    }
    expect(await writer).toBe(0);
    expect(log).toMatchObject({ read: 9_000, sent: 0, dropped: 9_000 - 8_192 });
    expect(handedOver(log).flat()[0]).toBe(String(9_000 - 8_192));
  });

  it('takes the place of a socket that a killed agent left, and of nothing else', () => {
    const path = join(directory, 'nginx.sock');
    execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind('${path}')`]);
    const log = open(path);
    write(['after'], path);
    log.drain();
    expect(log.read).toBe(1);
    expect(AccessLog.open(path)).toEqual({ ok: false, reason: `${path}: is in use by another process` });
    const file = join(directory, 'file');
    writeFileSync(file, 'mine');
    expect(AccessLog.open(file)).toEqual({ ok: false, reason: `${file}: is there, and no socket` });
    expect(AccessLog.open(join(file, 'below'))).toMatchObject({ ok: false, reason: expect.stringContaining('EEXIST') });
    expect(AccessLog.open(join(directory, 'x'.repeat(120)))).toMatchObject({ ok: false });
  });

  it('removes its socket at the end', () => {
    const path = join(directory, 'nginx.sock');
    const result = AccessLog.open(path);
    if (!result.ok) throw new Error(result.reason);
    result.log.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe('the advice on the queue of datagrams', () => {
  it('is given where the kernel keeps few', () => {
    expect(queueAdvice('10')).toContain('net.unix.max_dgram_qlen is 10');
    expect(queueAdvice('512')).toBe('');
    expect(queueAdvice('')).toBe('');
  });
});
