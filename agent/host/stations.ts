/**
 * The host's ladder: which programs of agent/bpf/host.bpf.c serve which
 * station on the given devices. Taps come and go, so their programs are
 * attached by {@link attachTap} whenever one appears.
 */
import type { Attached, BpfObject } from '../bpf-object.ts';
import type { Rung, StationLadder } from '../ladder.ts';

type Direction = 'ingress' | 'egress';

function onUplinks(uplinks: readonly number[], direction: Direction): Rung['attach'] {
  return (object, name) => uplinks.map((ifindex) => object.attachTc(name, ifindex, direction));
}

function tracepoint(probe: string): Rung['attach'] {
  return (object, name) => [object.attach(name, probe)];
}

/** @param uplinks interface indexes of the host NICs that are ports of the switch */
export function hostLadder(uplinks: readonly number[]): readonly StationLadder[] {
  const onTaps = () => [];
  return [
    {
      station: 'nic.rx',
      rungs: [
        {
          probe: 'xdp',
          programs: ['nic_rx_xdp'],
          attach: (object, name) => uplinks.map((ifindex) => object.attachXdp(name, ifindex)),
        },
        {
          probe: 'tp_btf/netif_receive_skb',
          programs: ['nic_rx_skb'],
          attach: tracepoint('tp_btf/netif_receive_skb'),
        },
      ],
    },
    {
      station: 'port.rx',
      rungs: [{ probe: 'tc ingress', programs: ['port_rx_tc'], attach: onUplinks(uplinks, 'ingress') }],
    },
    { station: 'tap.tx', rungs: [{ probe: 'tc egress', programs: ['tap_tx_tc'], attach: onTaps }] },
    { station: 'tap.rx', rungs: [{ probe: 'tc ingress', programs: ['tap_rx_tc'], attach: onTaps }] },
    {
      station: 'port.tx',
      rungs: [{ probe: 'tc egress', programs: ['port_tx_tc'], attach: onUplinks(uplinks, 'egress') }],
    },
    {
      station: 'nic.tx',
      rungs: [
        {
          probe: 'tp_btf/net_dev_start_xmit',
          programs: ['nic_tx_skb'],
          attach: tracepoint('tp_btf/net_dev_start_xmit'),
        },
      ],
    },
  ];
}

/** Both tap stations on one tap. A tap that vanished meanwhile is a refusal with its reason. */
export function attachTap(object: BpfObject, ifindex: number): Attached[] {
  return [object.attachTc('tap_tx_tc', ifindex, 'egress'), object.attachTc('tap_rx_tc', ifindex, 'ingress')];
}
