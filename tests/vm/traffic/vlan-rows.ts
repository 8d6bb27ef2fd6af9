/** Tagged frames on the bridge. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { insideNamespace } from '../../../lab/network.ts';
import { request } from './client.ts';
import { PORTS } from './guest-services.ts';
import { exchange, PLAIN, type TrafficLab } from './traffic-lab.ts';

const TAGGER = join(import.meta.dirname, 'vlan-tagger.ts');
const VLAN = { id: '7', client: '10.78.0.1', guest: '10.78.0.10', mac: '02:48:53:00:00:77' };
const GUEST_MAC = '02:48:53:00:00:10';

export function vlanRows(lab: () => TrafficLab): void {
  it('a VLAN on the bridge: the same paths', async () => {
    await lab().guest(
      `/sbin/ip link add link eth0 name eth0.7 type vlan id ${VLAN.id}
       /sbin/ip addr add ${VLAN.guest}/24 dev eth0.7
       ethtool -K eth0 tx off
       /sbin/ip link set eth0.7 up
       /sbin/ip neigh replace ${VLAN.client} lladdr ${VLAN.mac} dev eth0.7 nud permanent`,
    );
    const words = [process.execPath, TAGGER, 'eth0', 'tap7', VLAN.mac, VLAN.id];
    const [command, ...args] = insideNamespace(lab().run.clientNamespace, words);
    const tagger = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(tagger.stdout, 'data');
      lab().inClient(`ip link set tap7 address ${VLAN.mac} up`);
      lab().inClient(`ip addr add ${VLAN.client}/24 dev tap7`);
      lab().inClient(`ip neigh replace ${VLAN.guest} lladdr ${GUEST_MAC} dev tap7 nud permanent`);
      const connection = await lab().connect(PORTS.nginx, { host: VLAN.guest });
      const bytes = [];
      for (let i = 0; i < 3; i++) bytes.push(await exchange(connection, request('GET', '/small'), 'ok\n'));
      const paths = await lab().expectPaths(
        connection,
        bytes.map((each) => ({ ...PLAIN, ...each })),
      );
      expect(paths[0]?.server).toEqual({ address: VLAN.guest, port: PORTS.nginx });
    } finally {
      tagger.stdin.end();
      await once(tagger, 'close');
      await lab().guest('/sbin/ip link del eth0.7; ethtool -K eth0 tx on');
    }
  });
}
