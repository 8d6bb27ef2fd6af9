/** Frames of our own making on a real device: what no TCP stack can be made to send on demand. */
import koffi from 'koffi';
import type { Namespace } from './namespace.ts';

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int family, int type, int protocol)');
const sendto = libc.func(
  'long sendto(int fd, const void *data, size_t size, int flags, const void *to, uint32 toSize)',
);
const close = libc.func('int close(int fd)');

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETHERNET = 14;
const IPV4 = 20;
const TCP = 20;
export const FLAGS = { syn: 0x02, ack: 0x10, push: 0x18, rst: 0x14 } as const;

export interface Segment {
  from: { mac: string; v4: string; port: number };
  to: { mac: string; v4: string; port: number };
  seq: number;
  flags: number;
  payload: number;
  vlan?: number;
}

/** One Ethernet frame, VLAN tag inside where asked for. TCP's checksum is left out: nobody on the way looks at it. */
export function frameOf({ from, to, seq, flags, payload, vlan }: Segment): Buffer {
  const tag = vlan === undefined ? 0 : 4;
  const ip = ETHERNET + tag;
  const frame = Buffer.alloc(ip + IPV4 + TCP + payload, 'x');
  frame.set([...macBytes(to.mac), ...macBytes(from.mac)]);
  if (vlan !== undefined) frame.writeUInt32BE(0x8100_0000 + vlan, 12);
  frame.writeUInt16BE(0x0800, ip - 2);
  frame.set([0x45, 0, ...word16(IPV4 + TCP + payload), 0, 0, 0x40, 0, 64, 6, 0, 0], ip);
  frame.set([...from.v4.split('.').map(Number), ...to.v4.split('.').map(Number)], ip + 12);
  frame.writeUInt16BE(checksum(frame.subarray(ip, ip + IPV4)), ip + 10);
  const tcp = ip + IPV4;
  frame.writeUInt16BE(from.port, tcp);
  frame.writeUInt16BE(to.port, tcp + 2);
  frame.writeUInt32BE(seq, tcp + 4);
  frame.writeUInt32BE(0, tcp + 8);
  frame.set([0x50, flags, 0xff, 0xff, 0, 0, 0, 0], tcp + 12);
  return frame;
}

function macBytes(mac: string): number[] {
  return mac.split(':').map((byte) => Number.parseInt(byte, 16));
}

/** RFC 1071; a bridge that filters drops a packet whose header has a wrong one. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += header.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

function word16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

export class RawLink {
  readonly #fd: number;
  readonly #to = Buffer.alloc(20);

  /** @param device inside `namespace`; what is sent leaves through it */
  constructor(namespace: Namespace, device: string) {
    this.#fd = namespace.inside(() => socket(AF_PACKET, SOCK_RAW, 0) as number);
    const [link] = JSON.parse(namespace.ip(`-j link show ${device}`)) as { ifindex: number }[];
    this.#to.writeUInt16LE(AF_PACKET, 0); // struct sockaddr_ll
    this.#to.writeInt32LE(link?.ifindex ?? 0, 4);
  }

  send(frame: Uint8Array): void {
    const sent = sendto(this.#fd, frame, frame.length, 0, this.#to, this.#to.length) as number;
    if (sent !== frame.length) throw new Error(`sendto: error ${koffi.errno()}`);
  }

  close(): void {
    close(this.#fd);
  }
}
