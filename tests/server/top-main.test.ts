/** `hopscope top` against a real server: in a pipe, and in a real terminal. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { afterwards } from './running-server.ts';
import { measured, REQUESTS } from './top/measured.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const execute = promisify(execFile);

async function top(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await execute(process.execPath, [FRONT_DOOR, 'top', ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('hopscope top', () => {
  it('prints one screen into a pipe, without escapes', async () => {
    const { url } = await measured();
    const { code, stdout } = await top('--server', url);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^hopscope top {2}measured/);
    expect(stdout).toMatch(/\nvnic\.in .* µs/);
    expect(stdout).toContain('SLOWEST REQUESTS');
    expect(stdout).not.toContain('\x1b');
  });

  it('prints one JSON object', async () => {
    const { url } = await measured();
    const { stdout } = await top('--server', url, '--json');
    const { run, recent, health, requests } = JSON.parse(stdout);
    expect(run.exchanges).toBe(REQUESTS);
    expect(recent[0].endToEnd.count).toBe(REQUESTS);
    expect(health.agents).toHaveLength(2);
    expect(requests).toHaveLength(20);
  });

  it('says with 1 that no server answers, and with 2 that a flag is wrong', async () => {
    expect(await top('--server', 'http://127.0.0.1:9')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no server answers at http:\/\/127\.0\.0\.1:9 .*: start one, or give --server URL/),
    });
    expect(await top('--quantile', 'p42')).toMatchObject({ code: 2 });
  });

  it('goes on in a terminal until q, follows keys, and leaves the terminal as it was', async () => {
    const { url } = await measured();
    const words = `stty cols 100 rows 40; exec ${process.execPath} ${FRONT_DOOR} top --server ${url}`;
    const child = spawn('script', ['-qec', words, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    afterwards(() => child.kill('SIGKILL'));
    let shown = '';
    const showing = (what: string) =>
      new Promise<void>((resolve) => {
        const look = () => shown.includes(what) && resolve();
        child.stdout.on('data', look);
        look();
      });
    child.stdout.on('data', (data) => {
      shown += data;
    });
    await showing('SLOWEST REQUESTS');
    child.stdin.write('o');
    await showing('NEWEST REQUESTS');
    child.stdin.write('5');
    await showing('p50, a second each');
    child.stdin.write('p');
    await showing('paused');
    child.stdin.write('q');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(shown).toContain('\x1b[?1049h');
    expect(shown.lastIndexOf('\x1b[?1049l')).toBeGreaterThan(shown.lastIndexOf('\x1b[H'));
  });
});
