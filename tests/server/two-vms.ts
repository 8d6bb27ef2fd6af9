/** A real server with one host's agent and those of two of its guests, `vm0` and `vm1`, as `hopscope up --vms 2` has them. */

import type { ServerOptions } from '../../server/options.ts';
import type { VmsMessage } from '../../server/wire/messages.ts';
import { exchange, frame, hostNowNs, PROVENANCE, VMS } from './exchanges.ts';
import { acked, attach, type Peer, type Started, start } from './running-server.ts';

const EVERY_NS = 2_000_000n;
const MODELS = ['virtio-net-pci', 'e1000'] as const;
const DRIVERS = ['virtio_net', 'e1000'] as const;

export const TWO_VMS: VmsMessage = {
  type: 'vms',
  vms: MODELS.map((nicModel, i) => ({
    ...VMS.vms[0]!,
    ...{ name: `vm${i}`, pid: 4242 + i, tap: `vnet${i}`, ifindex: 12 + i, nicModel },
  })),
};

export interface TwoVms {
  server: Started;
  host: Peer;
  guests: [Peer, Peer];
  /** So many exchanges of one VM, the service of each longer by so much; they are joined when this returns. */
  send(vm: 0 | 1, count: number, slowerNs?: number): Promise<void>;
}

export async function twoVms(options: Partial<ServerOptions> = {}): Promise<TwoVms> {
  const server = await start(options);
  const { peer: host } = await attach(server, 'host');
  const guest = async (i: 0 | 1) => {
    const provenance = { ...PROVENANCE, hostname: `vm${i}`, driver: DRIVERS[i], nicModel: MODELS[i] };
    return (await attach(server, 'guest', { agentId: `guest-${i}`, bootId: `boot-${i}`, provenance })).peer;
  };
  const guests: [Peer, Peer] = [await guest(0), await guest(1)];
  host.send(TWO_VMS);
  let hostFrames = 0;
  const guestFrames = [0, 0];
  let sequence = 1;
  const send = async (vm: 0 | 1, count: number, slowerNs = 0) => {
    const firstNs = hostNowNs() - BigInt(count) * EVERY_NS;
    const pairs = Array.from({ length: count }, (_, i) => {
      const atNs = firstNs + BigInt(i) * EVERY_NS;
      return exchange(sequence++, { atNs, ifindex: 12 + vm, port: 40_000 + vm, slowerNs });
    });
    host.send(
      frame(
        ++hostFrames,
        pairs.map((pair) => pair.host),
      ),
    );
    guests[vm].send(
      frame(
        ++guestFrames[vm]!,
        pairs.map((pair) => pair.guest),
      ),
    );
    await Promise.all([acked(host, hostFrames), acked(guests[vm], guestFrames[vm]!)]);
  };
  return { server, host, guests, send };
}
