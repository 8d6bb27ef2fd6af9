/**
 * The lab's network, all of it in two namespaces of its own:
 *
 *   client: eth0 ──veth── nic0 ─ br0 ─ vnet0 ── the guest's measured NIC
 *   └ hopscope-<id>-client ┘└──── hopscope-<id>-host ────┘
 *
 * Several guests share the bridge. Each measured NIC, of whatever guest, has a tap on it
 * and a small network of its own: the client chooses by the address which of them it asks.
 */
import { ip, runCommand } from './command.ts';
import type { RunState } from './run-state.ts';

export interface MeasuredNic {
  tap: string;
  mac: string;
  guestAddress: string;
  clientAddress: string;
}

/** Of all guests together: more would not be told apart by one digit, and each costs a boot's time. */
export const MOST_NICS = 6;

/** @param index 0 for the first */
export function measuredNic(index: number): MeasuredNic {
  const network = `10.${77 + index}.0`;
  const mac = `02:48:53:00:00:1${index}`;
  return { tap: `vnet${index}`, mac, guestAddress: `${network}.10`, clientAddress: `${network}.1` };
}

/** Those of the first NIC, in most runs the only one. */
export const { tap: TAP, guestAddress: GUEST_ADDRESS } = measuredNic(0);
// Locally administered, and alone in their namespaces: they may be the same in every run.
export const CLIENT_MAC = '02:48:53:00:00:01';
export const CONTROL_MAC = '02:48:53:00:00:20';
export const PREFIX_LENGTH = 24;
export const UPLINK = 'nic0';
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
 * Makes namespaces, host NIC, bridge and taps. Each namespace is noted in `state`
 * before it is made, so whatever happens it is removed, with all that is in it.
 * @param offloadHeaders for each measured NIC, whether its tap carries them
 */
export async function makeNetwork(
  id: string,
  offloadHeaders: readonly boolean[],
  state: RunState,
): Promise<LabNetwork> {
  const network = namespacesOf(id);
  for (const namespace of [network.host, network.client]) {
    state.addNamespace(namespace);
    await ip(`netns add ${namespace}`);
    await ip('link set lo up', namespace);
  }
  await ip(`link add ${UPLINK} type veth peer name eth0 netns ${network.client}`, network.host);
  await ip(`link add ${BRIDGE} type bridge stp_state 0 forward_delay 0`, network.host);
  await ip(`link set ${BRIDGE} up`, network.host);
  await ip(`link set ${UPLINK} master ${BRIDGE} up`, network.host);
  await keepFirewallOut(network.host);
  await ip(`link set eth0 address ${CLIENT_MAC} up`, network.client);
  for (const [index, offloadHeader] of offloadHeaders.entries())
    await addNic(network, measuredNic(index), offloadHeader);
  return network;
}

async function addNic({ host, client }: LabNetwork, nic: MeasuredNic, offloadHeader: boolean): Promise<void> {
  await ip(`tuntap add ${nic.tap} mode tap${offloadHeader ? ' vnet_hdr' : ''}`, host);
  await ip(`link set ${nic.tap} master ${BRIDGE} up`, host);
  // A bridge that had to learn where it is would send its first frames to every tap.
  await runCommand('bridge', ['-n', host, 'fdb', 'add', nic.mac, 'dev', nic.tap, 'master', 'static']);
  await ip(`addr add ${nic.clientAddress}/${PREFIX_LENGTH} dev eth0`, client);
  // A known neighbour: the first request does not wait for ARP.
  await ip(`neigh add ${nic.guestAddress} lladdr ${nic.mac} dev eth0 nud permanent`, client);
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
