/**
 * A host with a switch, on real devices:
 *
 *   client: eth0 ──veth── nic0 ─ br0 ─ vnet0 ──veth── eth0 :vm
 *   └ namespace ┘└────── namespace host ─────┘└ namespace ┘
 *
 * Where a hypervisor would hold vnet0 a veth ends: to the host's kernel both
 * are a port of the bridge.
 */
import { Namespace } from './namespace.ts';

export const CLIENT = { v4: '10.79.0.1', v6: 'fd00:79::1', mac: '02:48:53:01:00:01' } as const;
export const VM = { v4: '10.79.0.2', v6: 'fd00:79::2', mac: '02:48:53:01:00:02' } as const;
/** The host's own address, on its bridge. */
export const HOST = { v4: '10.79.0.254' } as const;

export class SwitchedHost {
  readonly client = new Namespace('client');
  readonly host = new Namespace('host');
  readonly vm = new Namespace('vm');
  readonly #leave: () => void;

  /** This process lives in the client's namespace from now on, until {@link remove}. */
  constructor() {
    const { client, host, vm } = this;
    host.ip('link add br0 type bridge stp_state 0 forward_delay 0');
    host.ip(`link add nic0 type veth peer name eth0 netns ${client.name}`);
    host.ip(`link add vnet0 type veth peer name eth0 netns ${vm.name}`);
    for (const port of ['nic0', 'vnet0']) host.ip(`link set ${port} master br0 up`);
    host.ip(`addr add ${HOST.v4}/24 dev br0`);
    host.ip('link set br0 up');
    address(client, CLIENT);
    address(vm, VM);
    neighbour(client, VM);
    neighbour(vm, CLIENT);
    this.#leave = client.stay();
  }

  ifindex(device: string): number {
    return (JSON.parse(this.host.ip(`-j link show ${device}`)) as { ifindex: number }[])[0]?.ifindex ?? 0;
  }

  remove(): void {
    this.#leave();
    for (const namespace of [this.client, this.vm, this.host]) namespace.remove();
  }
}

interface End {
  v4: string;
  v6: string;
  mac: string;
}

function address(namespace: Namespace, { v4, v6, mac }: End): void {
  namespace.ip(`link set eth0 address ${mac} up`);
  namespace.ip(`addr add ${v4}/24 dev eth0`);
  namespace.ip(`addr add ${v6}/64 dev eth0 nodad`);
}

/** A known neighbour: the first request does not wait for ARP. */
function neighbour(namespace: Namespace, { v4, v6, mac }: End): void {
  for (const to of [v4, v6]) namespace.ip(`neigh replace ${to} lladdr ${mac} dev eth0 nud permanent`);
}
