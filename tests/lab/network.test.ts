import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ip, runCommand } from '../../lab/command.ts';
import { BRIDGE, type LabNetwork, makeNetwork, measuredNic, TAP, UPLINK } from '../../lab/network.ts';
import { RunState } from '../../lab/run-state.ts';

interface Link {
  ifname: string;
  master?: string;
  flags: string[];
  address: string;
  linkinfo?: { info_kind: string; info_data: Record<string, unknown> };
}

let folder: string;
let state: RunState;
let id: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-network-'));
  process.env.HOPSCOPE_RUN_DIR = folder;
  id = randomBytes(3).toString('hex');
  state = new RunState(id);
});
afterEach(async () => {
  await state.remove();
  delete process.env.HOPSCOPE_RUN_DIR;
  rmSync(folder, { recursive: true });
});

async function linksOf(namespace: string): Promise<Map<string, Link>> {
  const links = JSON.parse(await ip('-j -d link', namespace)) as Link[];
  return new Map(links.map((link) => [link.ifname, link]));
}

describe.skipIf(process.getuid?.() !== 0)('makeNetwork', () => {
  it('makes a host NIC and a tap on one bridge, and a client behind the NIC', async () => {
    const network: LabNetwork = await makeNetwork(id, [true], state);
    const host = await linksOf(network.host);
    expect(host.get(UPLINK)).toMatchObject({ master: BRIDGE, linkinfo: { info_kind: 'veth' } });
    expect(host.get(TAP)).toMatchObject({ master: BRIDGE, linkinfo: { info_kind: 'tun' } });
    expect(host.get(TAP)!.linkinfo!.info_data).toMatchObject({ type: 'tap', vnet_hdr: true });
    expect(host.get(BRIDGE)).toMatchObject({ linkinfo: { info_kind: 'bridge' } });
    expect((await linksOf(network.client)).get('eth0')!.flags).toContain('LOWER_UP');
    const route = JSON.parse(await ip('-j route get 10.77.0.10', network.client)) as { dev: string }[];
    expect(route[0]!.dev).toBe('eth0');
  });

  it('makes a tap without offload headers for a NIC that has none', async () => {
    const network = await makeNetwork(id, [false], state);
    expect((await linksOf(network.host)).get(TAP)!.linkinfo!.info_data).toMatchObject({ vnet_hdr: false });
  });

  it('gives every measured NIC a tap, a network and a fixed place on the bridge', async () => {
    const network = await makeNetwork(id, [true, false], state);
    const host = await linksOf(network.host);
    for (const [index, offloadHeader] of [true, false].entries()) {
      const { tap, mac, guestAddress, clientAddress } = measuredNic(index);
      expect(host.get(tap)).toMatchObject({ master: BRIDGE });
      expect(host.get(tap)!.linkinfo!.info_data).toMatchObject({ vnet_hdr: offloadHeader });
      const entries = await runCommand('bridge', ['-n', network.host, 'fdb', 'show', 'dev', tap]);
      expect(entries).toMatch(new RegExp(`^${mac} master ${BRIDGE} static`, 'm'));
      const [route] = JSON.parse(await ip(`-j route get ${guestAddress}`, network.client));
      expect(route).toMatchObject({ dev: 'eth0', prefsrc: clientAddress });
    }
  });

  it('leaves nothing when its state is removed', async () => {
    await makeNetwork(id, [true], state);
    await state.remove();
    expect(await ip('netns list')).not.toContain(`hopscope-${id}`);
  });

  it('leaves nothing when it fails half-way', async () => {
    await ip(`netns add hopscope-${id}-client`);
    state.addNamespace(`hopscope-${id}-client`);
    await expect(makeNetwork(id, [true], state)).rejects.toThrow(/File exists/);
    await state.remove();
    expect(await ip('netns list')).not.toContain(`hopscope-${id}`);
  });
});
