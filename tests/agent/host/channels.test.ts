import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHANNEL_NAME } from '../../../agent/channel/find-port.ts';
import { channelPath } from '../../../agent/host/channels.ts';
import { until } from '../until.ts';

/** Paused before its first instruction: its sockets are there all the same. */
const PAUSED = ['-display', 'none', '-nodefaults', '-S', '-accel', 'tcg', '-m', '32'];
let directory: string;
const running: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hopscope-channels-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  rmSync(directory, { recursive: true });
});

/** @returns its pid */
function qemu(chardev: string, listener: number | 'ignore' = 'ignore'): number {
  const port = ['-device', 'virtio-serial-pci', '-device', `virtserialport,chardev=x,name=${CHANNEL_NAME}`];
  const child = spawn('qemu-system-x86_64', [...PAUSED, '-chardev', `socket,id=x,${chardev}`, ...port], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit', listener],
  });
  running.push(child);
  return child.pid as number;
}

/** A socket is there a moment before QEMU listens. */
async function takesClients(path: string): Promise<void> {
  const answered = async () => {
    const client = connect(path);
    const taken = await once(client, 'connect').then(
      () => true,
      () => false,
    );
    client.destroy();
    return taken;
  };
  await vi.waitFor(async () => expect(await answered()).toBe(true));
}

describe("the channel of a VM's agent", () => {
  it("is found on QEMU's command line, relative to where QEMU was started", async () => {
    const pid = qemu('path=agent.sock,server=on,wait=off');
    const path = join(directory, 'agent.sock');
    await until(
      () => existsSync(path) && channelPath(pid),
      (found) => found === path,
    );
    await takesClients(path);
  });

  it('is found behind the descriptor that a manager gave to QEMU', async () => {
    const path = join(directory, 'given.sock');
    const manager = createServer().listen(path);
    await once(manager, 'listening');
    const pid = qemu('fd=3,server=on,wait=off', (manager as unknown as { _handle: { fd: number } })._handle.fd);
    await until(
      () => channelPath(pid),
      (found) => found === path,
    );
    await takesClients(path);
    manager.close();
  });

  it('is null where there is none', () => {
    expect(channelPath(process.pid)).toBeNull();
    expect(channelPath(2 ** 22 + 1)).toBeNull();
  });
});
