/**
 * The lab's network, all of it in two namespaces of its own:
 *
 *   client: eth0 ──veth── nic0 ─ br0 ─ vnet0 ── the guest's measured NIC
 *   └ hopscope-<id>-client ┘└──── hopscope-<id>-host ────┘
 */
import { ip, runCommand } from './command.ts';
import type { RunState } from './run-state.ts';

export const CLIENT_ADDRESS = '10.77.0.1';
export const GUEST_ADDRESS = '10.77.0.10';
// Locally administered, and alone in their namespaces: they may be the same in every run.
export const CLIENT_MAC = '02:48:53:00:00:01';
export const MEASURED_MAC = '02:48:53:00:00:10';
export const CONTROL_MAC = '02:48:53:00:00:20';
export const PREFIX_LENGTH = 24;
export const UPLINK = 'nic0';
export const TAP = 'vnet0';
export const BRIDGE = 'br0';

export interface LabNetwork {
  host: string;
  client: string;
}

/** Namespace names of a run. */
export function namespacesOf(id: string): LabNetwork {
  return { host: `hopscope-${id}-host`, client: `hopscope-${id}-client` };
}

/**
 * Makes namespaces, host NIC, bridge and tap. Each namespace is noted in `state`
 * before it is made, so whatever happens it is removed, with all that is in it.
 */
export async function makeNetwork(id: string, offloadHeader: boolean, state: RunState): Promise<LabNetwork> {
  const network = namespacesOf(id);
  for (const namespace of [network.host, network.client]) {
    state.addNamespace(namespace);
    await ip(`netns add ${namespace}`);
    await ip('link set lo up', namespace);
  }
  await ip(`link add ${UPLINK} type veth peer name eth0 netns ${network.client}`, network.host);
  await ip(`link add ${BRIDGE} type bridge stp_state 0 forward_delay 0`, network.host);
  await ip(`link set ${BRIDGE} up`, network.host);
  await ip(`tuntap add ${TAP} mode tap${offloadHeader ? ' vnet_hdr' : ''}`, network.host);
  for (const port of [UPLINK, TAP]) await ip(`link set ${port} master ${BRIDGE} up`, network.host);
  await keepFirewallOut(network.host);
  await ip(`addr add ${CLIENT_ADDRESS}/${PREFIX_LENGTH} dev eth0`, network.client);
  await ip(`link set eth0 address ${CLIENT_MAC} up`, network.client);
  // A known neighbour: the first request does not wait for ARP.
  await ip(`neigh add ${GUEST_ADDRESS} lladdr ${MEASURED_MAC} dev eth0 nud permanent`, network.client);
  return network;
}

export async function removeNamespace(namespace: string): Promise<void> {
  await ip(`netns del ${namespace}`).catch(() => {});
}

/** Where br_netfilter is loaded (Docker does), bridged frames would cross iptables: not in our namespace. */
async function keepFirewallOut(namespace: string): Promise<void> {
  const setting = 'net.bridge.bridge-nf-call-iptables=0';
  await runCommand('ip', ['netns', 'exec', namespace, 'sysctl', '-q', '-e', '-w', setting]).catch(() => {});
}

/** The command line that runs `command` inside a namespace. */
export function insideNamespace(namespace: string, command: string[]): string[] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}
