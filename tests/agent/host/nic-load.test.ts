import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { NicLoads } from '../../../agent/host/nic-load.ts';
import type { VmInfo } from '../../../server/wire/messages.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const COUNTERS = ['rx_dropped', 'tx_dropped', 'rx_errors', 'tx_errors', 'rx_bytes', 'tx_bytes'];

function tell(root: string, nic: string, counts: number[], speed = ''): void {
  mkdirSync(join(root, nic, 'statistics'), { recursive: true });
  for (const [i, name] of COUNTERS.entries()) writeFileSync(join(root, nic, 'statistics', name), `${counts[i]}\n`);
  writeFileSync(join(root, nic, 'speed'), speed);
}

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'hopscope-net-'));
  folders.push(root);
  return root;
}

const vm = (name: string, tap: string): VmInfo => ({
  ...{ name, tap, pid: 1, ifindex: 1, bridge: '', nicModel: '', accelerator: '', vcpus: 1 },
});

describe('the load of a host’s NICs', () => {
  it('is what they drop and break per second, and the share of the fullest direction of the fullest link', () => {
    const root = newRoot();
    tell(root, 'eth0', [10, 0, 5, 5, 1_000, 0], '1000');
    tell(root, 'eth1', [0, 0, 0, 0, 0, 0], '-1');
    const loads = new NicLoads(root);
    expect(loads.uplinks(['eth0', 'eth1'], 0)).toBeNull();
    tell(root, 'eth0', [14, 2, 5, 7, 25_001_000, 62_500_000], '1000');
    tell(root, 'eth1', [2, 0, 0, 0, 99, 99], '-1');
    expect(loads.uplinks(['eth0', 'eth1'], 2_000)).toEqual({ drops: 4, errors: 1, busy: 0.25 });
    // Made anew: it counts from zero.
    tell(root, 'eth0', [0, 0, 0, 0, 0, 0], '');
    expect(loads.uplinks(['eth0'], 3_000)).toEqual({ drops: 0, errors: 0, busy: 0 });
    expect(loads.uplinks(['nothing'], 3_000)).toBeNull();
  });

  it('is of each VM what its taps dropped, and forgets those that are gone', () => {
    const root = newRoot();
    tell(root, 'tap0', [0, 5, 0, 0, 0, 0]);
    tell(root, 'tap1', [0, 5, 0, 0, 0, 0]);
    const loads = new NicLoads(root);
    const vms = [vm('shop', 'tap0'), vm('shop', 'tap1'), vm('other', '')];
    expect(loads.taps(vms, 0)).toEqual({});
    tell(root, 'tap0', [1, 6, 0, 0, 0, 0]);
    expect(loads.taps(vms, 1_000)).toEqual({ shop: 2 });
    loads.keep(new Set(['tap0']));
    expect(loads.taps(vms, 2_000)).toEqual({ shop: 0 });
    expect(loads.taps([vm('shop', 'tap1')], 3_000)).toEqual({ shop: 0 });
  });

  it.runIf(existsSync('/sys/class/net/lo'))('is told of a real device: nothing dropped, and no speed', async () => {
    const loads = new NicLoads();
    loads.uplinks(['lo'], 0);
    const server = createServer((socket) => socket.end('x'.repeat(10_000))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as { port: number }).port, '127.0.0.1').resume();
    await once(client, 'close');
    server.close();
    expect(loads.uplinks(['lo'], 1_000)).toMatchObject({ errors: 0, busy: null });
  });
});
