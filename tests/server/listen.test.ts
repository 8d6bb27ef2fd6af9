import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeServer, listen, listenFailure } from '../../server/listen.ts';

describe('listen on a unix socket', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'hopscope-listen-'));
    path = join(dir, 'server.sock');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('replaces the file that a killed process left', async () => {
    const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', code], { stdio: 'ignore' })).toThrow();
    expect(existsSync(path)).toBe(true);
    const server = await listen(createServer(), { kind: 'unix', path });
    await closeServer(server);
  });

  it('says that the folder is missing', async () => {
    const address = { kind: 'unix', path: join(dir, 'nowhere', 'server.sock') } as const;
    const failure = await listen(createServer(), address).catch((error) => error);
    expect(listenFailure(failure)).toBe(
      `${address.path} cannot be made: its folder must exist and be writable for this user.`,
    );
  });

  it('leaves a socket alone behind which somebody listens', async () => {
    const first = await listen(createServer(), { kind: 'unix', path });
    await expect(listen(createServer(), { kind: 'unix', path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await closeServer(first);
  });
});
