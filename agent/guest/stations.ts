/** The guest's ladder: which programs of agent/bpf/guest.bpf.c serve which station. */
import type { Rung, StationLadder } from '../ladder.ts';

function rung(probe: string, programs: string[], optional: string[] = []): Rung {
  return { probe, programs, optional, attach: (object, name) => [object.attach(name, probe)] };
}

export const GUEST_LADDER: readonly StationLadder[] = [
  {
    station: 'vnic.rx',
    rungs: [rung('tp_btf/netif_receive_skb', ['vnic_rx_btf']), rung('raw_tp/netif_receive_skb', ['vnic_rx_raw'])],
  },
  {
    station: 'tcp.rx',
    rungs: [
      rung('fentry/tcp_v4_rcv', ['tcp4_rx_fentry'], ['tcp6_rx_fentry']),
      rung('kprobe/tcp_v4_rcv', ['tcp4_rx_kprobe'], ['tcp6_rx_kprobe']),
    ],
  },
  {
    station: 'sock.ready',
    rungs: [
      rung('fentry/sock_def_readable', ['sock_ready_fentry']),
      rung('kprobe/sock_def_readable', ['sock_ready_kprobe']),
    ],
  },
  {
    station: 'app.read',
    rungs: [
      rung('fexit/tcp_recvmsg', ['app_read_fexit']),
      rung('kretprobe/tcp_recvmsg', ['app_read_kprobe', 'app_read_kretprobe']),
    ],
  },
  {
    station: 'app.write',
    rungs: [rung('fentry/tcp_sendmsg', ['app_write_fentry']), rung('kprobe/tcp_sendmsg', ['app_write_kprobe'])],
  },
  {
    station: 'tcp.tx',
    rungs: [
      rung('fentry/ip_queue_xmit', ['tcp4_tx_fentry'], ['tcp6_tx_fentry']),
      rung('kprobe/ip_queue_xmit', ['tcp4_tx_kprobe'], ['tcp6_tx_kprobe']),
    ],
  },
  {
    station: 'vnic.tx',
    rungs: [rung('tp_btf/net_dev_start_xmit', ['vnic_tx_btf']), rung('raw_tp/net_dev_start_xmit', ['vnic_tx_raw'])],
  },
];
