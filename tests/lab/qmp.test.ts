import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QEMU } from '../../lab/qemu.ts';
import { QmpClient } from '../../lab/qmp.ts';

let folder: string;
let qemu: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-qmp-'));
});
afterEach(async () => {
  if (qemu && qemu.exitCode === null && qemu.signalCode === null) {
    qemu.kill('SIGKILL');
    await once(qemu, 'exit');
  }
  qemu = undefined;
  rmSync(folder, { recursive: true });
});

const hasQemu = (() => {
  try {
    return execFileSync(QEMU, ['--version']).length > 0;
  } catch {
    return false;
  }
})();

/** A QEMU without a machine; `-daemonize` returns when its sockets listen. */
async function startQemu(): Promise<string> {
  const path = join(folder, 'qmp.sock');
  const pidFile = join(folder, 'pid');
  qemu = spawn(QEMU, [
    ...['-M', 'none', '-nodefaults', '-display', 'none', '-pidfile', pidFile],
    ...['-qmp', `unix:${path},server=on,wait=on`],
  ]);
  // wait=on: QEMU says on standard error that it waits for somebody on the socket.
  await once(qemu.stderr!, 'data');
  return path;
}

describe.skipIf(!hasQemu)('QmpClient', () => {
  it('negotiates with a live QEMU and gets answers to its own questions', async () => {
    const client = await QmpClient.connect(await startQemu());
    const [status, kvm] = await Promise.all([client.execute('query-status'), client.execute('query-kvm')]);
    expect(status).toMatchObject({ running: expect.any(Boolean) });
    expect(kvm).toMatchObject({ present: expect.any(Boolean) });
    client.close();
  });

  it("rejects with QEMU's own words when a command is refused", async () => {
    const client = await QmpClient.connect(await startQemu());
    await expect(client.execute('no-such-command')).rejects.toThrow(/CommandNotFound.*no-such-command/);
    client.close();
  });

  it('tells of events and of the end', async () => {
    const client = await QmpClient.connect(await startQemu());
    const closed = once(client, 'close');
    const shutdown = once(client, 'event');
    await client.execute('quit');
    expect((await shutdown)[0]).toBe('SHUTDOWN');
    await closed;
    await expect(client.execute('query-status')).rejects.toThrow(/QEMU is gone/);
  });

  it('rejects what was asked when QEMU is killed', async () => {
    const client = await QmpClient.connect(await startQemu());
    const closed = once(client, 'close');
    qemu!.kill('SIGSTOP');
    const answer = client.execute('query-status');
    qemu!.kill('SIGKILL');
    await expect(answer).rejects.toThrow(/QEMU closed the connection/);
    await closed;
  });
});

describe('QmpClient', () => {
  it('rejects when the socket closes before it greets', async () => {
    const path = join(folder, 'silent.sock');
    const server = createServer((socket) => socket.destroy()).listen(path);
    await once(server, 'listening');
    await expect(QmpClient.connect(path)).rejects.toThrow(/before its greeting/);
    server.close();
  });
});
