/** What happens at each step of a request's way, for people who have never read about virtual machines. */
import type { StepId } from './walk.ts';

export interface StepWords {
  title: string;
  happens: string;
  /** What usually makes it slow, the usual first. */
  slow: readonly string[];
  /** Where to look, with tools that people have. */
  look: readonly string[];
}

export const STEP_WORDS: Record<StepId, StepWords> = {
  request: {
    title: 'From the client to the host',
    happens:
      'The client sends its request as packets over the network. Nothing of ours runs there: how long the way takes is read from the client’s own TCP packets at the host, and half of the round trip is shown.',
    slow: [
      'Distance: light in fibre needs about 5 µs for a kilometre, there and back 10.',
      'A full queue on the way, or a lost packet that had to be sent again.',
      'Wi-Fi or mobile radio, which wait for their turn to send.',
    ],
    look: ['ping and mtr to the client', 'ss -ti on the client: rtt, retrans'],
  },
  'nic.in': {
    title: 'In through the host’s network card',
    happens:
      'The physical machine’s card has put the packet into memory. The host’s driver takes it out, may glue several packets into one, and hands it to the host’s network.',
    slow: [
      'Interrupts held back on purpose so that several packets share one.',
      'All packets land on one queue, and that queue’s CPU is busy.',
      'A firewall or a traffic-control rule that looks at every packet.',
    ],
    look: ['ethtool -c and ethtool -S of the card', '/proc/interrupts', 'mpstat -P ALL 1: %soft'],
  },
  'switch.in': {
    title: 'Through the virtual switch',
    happens:
      'A switch made of software (a Linux bridge, Open vSwitch) reads the packet’s address and finds the port that leads to this VM. That is usually a few millionths of a second.',
    slow: [
      'Firewall rules on the bridge, one after the other.',
      'The first packet of a connection in Open vSwitch, which has to ask its daemon.',
      'A rate limit or a queue on the VM’s port.',
    ],
    look: ['bridge link, bridge fdb', 'ovs-appctl dpctl/dump-flows', 'tc -s qdisc show dev TAP'],
  },
  'vnic.in': {
    title: 'Into the virtual machine',
    happens:
      'The VM has no real card, only one that the hypervisor pretends to have. The packet is copied into the VM’s memory, and the VM is told by an interrupt. With virtio, both sides know that the card is not real and share a ring of buffers: cheap. With an emulated card (e1000, rtl8139) the hypervisor plays a real chip, register by register: each touch stops the VM.',
    slow: [
      'The VM’s virtual CPU is not running: other VMs have the physical one, so the interrupt waits.',
      'An emulated card instead of virtio.',
      'The hypervisor’s own thread (vhost, QEMU) waits for a CPU.',
    ],
    look: ['virsh schedinfo, virsh vcpuinfo', 'steal in the VM’s top', 'lspci in the VM: which card it sees'],
  },
  'tcp.in': {
    title: 'Through the VM’s own network stack',
    happens:
      'The VM’s kernel does what any kernel does with a packet: IP, firewall, TCP. It finds the connection that the packet is for, and puts the bytes into that connection’s socket.',
    slow: [
      'Firewall rules and connection tracking in the VM.',
      'Packets out of order, which TCP holds until the missing one is there.',
      'A virtual CPU that is busy with other interrupts.',
    ],
    look: ['nft list ruleset', 'nstat -az: TcpExt…', 'mpstat -P ALL 1 in the VM: %soft'],
  },
  wait: {
    title: 'Waiting for the server to look',
    happens:
      'The bytes are there; the server has been woken, but it does not read yet. Either it is busy with another request, or it could run and no CPU of the VM has time for it.',
    slow: [
      'Too few workers for the requests that come at once.',
      'The VM’s CPUs are full, or other VMs take them (steal).',
      'One long request in a worker that serves many.',
    ],
    look: ['wait.busy and wait.run, where they are measured', 'top, pidstat -w in the VM', 'worker_processes of Nginx'],
  },
  service: {
    title: 'The server at work',
    happens:
      'From the moment that the server (Nginx, or whatever listens) has read the request to the moment that it begins to write the response. What it asks of others (an upstream, a database) is in here.',
    slow: [
      'A slow upstream or database.',
      'Files that are not in memory and come from disk.',
      'Compression, TLS, or a script for every request.',
    ],
    look: ['$upstream_response_time in the access log', 'strace -T -p or perf of the worker', 'iostat -x 1'],
  },
  'tcp.out': {
    title: 'Out through the VM’s network stack',
    happens:
      'The response goes the same way back. TCP cuts it into packets, or leaves that to the card, and the packets wait in a queue for the virtual card.',
    slow: [
      'The connection may not send more yet: congestion window or the client’s receive window.',
      'A queue discipline in the VM that paces or limits.',
      'A full transmit ring of the virtual card.',
    ],
    look: ['ss -ti in the VM: cwnd, rwnd_limited', 'tc -s qdisc in the VM'],
  },
  'vnic.out': {
    title: 'Out of the virtual machine',
    happens:
      'The VM tells the hypervisor that there is a packet to fetch. With virtio that is one kick, and often none, as the other side is looking already. An emulated card needs several register writes, and each of them stops the VM until the hypervisor has answered.',
    slow: [
      'An emulated card instead of virtio.',
      'The hypervisor’s thread waits for a CPU.',
      'Transmit interrupts and completions, one for every packet.',
    ],
    look: ['perf kvm stat in the host: exits and their reasons', 'ps -eLo comm,psr,pcpu: vhost-…'],
  },
  'switch.out': {
    title: 'Back through the virtual switch',
    happens: 'The software switch finds the port that leads out of the host, and hands the packet to it.',
    slow: ['Firewall rules on the bridge.', 'A rate limit of this VM’s traffic.'],
    look: ['tc -s qdisc, tc -s filter', 'ovs-appctl dpctl/dump-flows'],
  },
  'nic.out': {
    title: 'Out through the host’s network card',
    happens: 'The packet waits its turn in the host’s transmit queue and is given to the physical card.',
    slow: ['Other VMs fill the queue of the card that all share.', 'A card that sends slower than it is given.'],
    look: ['tc -s qdisc show dev NIC', 'ethtool -S: tx queues', 'sar -n DEV 1'],
  },
  transfer: {
    title: 'The rest of the response',
    happens:
      'From the response’s first byte at the card to its last. A short answer fits into one packet and takes nothing here. A long one is sent as fast as TCP lets it.',
    slow: [
      'A large body over a slow or distant line.',
      'Lost packets, sent again.',
      'A server that produces its response bit by bit.',
    ],
    look: ['retransmits of the request', 'ss -ti: cwnd, retrans, delivery_rate'],
  },
  answer: {
    title: 'Back at the client',
    happens:
      'The client’s kernel confirms the last byte. Shown is the time from that byte’s leaving the host to the confirmation, seen at the host: the way there and back, and what the client took, as it may hold a confirmation back.',
    slow: [
      'The same as on the way in: distance, queues, losses.',
      'A delayed ACK: up to 40 ms at a client that has nothing to say.',
    ],
    look: ['ss -ti on the client', 'tcpdump on both ends'],
  },
};
