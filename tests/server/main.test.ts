import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { afterwards } from './running-server.ts';

const MAIN = join(import.meta.dirname, '../../server/main.ts');

interface Program {
  child: ChildProcess;
  /** Standard output, line by line; ends with the process. */
  lines: AsyncIterator<string>;
  stderr: () => string;
  exit: Promise<number | null>;
}

function run(...args: string[]): Program {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  afterwards(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator](), stderr: () => stderr, exit };
}

async function nextEntry({ lines }: Program): Promise<Record<string, string>> {
  return JSON.parse((await lines.next()).value as string);
}

describe('hopscope server', () => {
  it('says where it listens and how agents join, works, and ends with 0 within two seconds of a signal', async () => {
    const program = run('--listen', '127.0.0.1:0');
    const { url } = (await nextEntry(program)) as { url: string };
    const { command } = (await nextEntry(program)) as { command: string };
    expect(command).toMatch(/^hopscope agent --role host --server ws:\/\/127\.0\.0\.1:\d+\/agent --token \S{32}$/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // An open live stream must not hold the end up.
    const live = new WebSocket(`${url.replace('http', 'ws')}/live`);
    await once(live, 'message');
    const askedMs = performance.now();
    program.child.kill('SIGTERM');
    const [code] = await once(live, 'close');
    expect(code).toBe(1001);
    expect(await program.exit).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(2_000);
  });

  it('keeps a chosen token out of its output', async () => {
    const program = run('--listen', '127.0.0.1:0', '--token', 'a-chosen-token', '--log-level', 'trace');
    const { url } = (await nextEntry(program)) as { url: string };
    await (
      await fetch(`${url}/api/runs/x/end`, { method: 'POST', headers: { authorization: 'Bearer a-chosen-token' } })
    ).text();
    program.child.kill('SIGINT');
    let rest = '';
    for (let line = await program.lines.next(); !line.done; line = await program.lines.next()) rest += line.value;
    expect(await program.exit).toBe(0);
    expect(rest).toContain('/api/runs/x/end');
    expect(rest + program.stderr()).not.toContain('a-chosen-token');
  });

  it('ends with 1 and names the port when it is in use', async () => {
    const first = run('--listen', '127.0.0.1:0');
    const { url } = (await nextEntry(first)) as { url: string };
    const { port } = new URL(url);
    const second = run('--listen', `127.0.0.1:${port}`);
    expect(await second.exit).toBe(1);
    expect(second.stderr()).toContain(`port ${port} is in use`);
    expect(second.stderr()).toContain('--listen');
  });

  it('ends with 2 and a suggestion on an unknown flag', async () => {
    const program = run('--tokn', 'x');
    expect(await program.exit).toBe(2);
    expect(program.stderr()).toContain('--token');
  });
});
