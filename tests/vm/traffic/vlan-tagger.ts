/**
 * A client's end of a VLAN on kernels without 802.1Q: a tap whose frames leave
 * the namespace's NIC with a tag, and whose own tagged frames come back without.
 *   node vlan-tagger.ts <nic> <tap> <tap's MAC> <VLAN id>
 * Prints "ready"; ends when standard input does.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *arg)');
const socket = libc.func('int socket(int family, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32 size)');
const read = libc.func('long read(int fd, _Out_ void *buffer, size_t size)');
const write = libc.func('long write(int fd, const void *buffer, size_t size)');
const waiting = promisify(read.async) as (fd: number, buffer: Buffer, size: number) => Promise<number>;

const TUNSETIFF = 0x400454ca;
const IFF_TAP_NO_PI = 0x1002;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const ALL_PROTOCOLS = 0x0300;
const LARGEST = 65_536 + 22;
const ADDRESSES = 12;

const [nic, tap, mac, vlan] = process.argv.slice(2) as [string, string, string, string];

function openTap(): number {
  const fd = openSync('/dev/net/tun', 'r+');
  const wanted = Buffer.alloc(40);
  wanted.write(tap);
  wanted.writeUInt16LE(IFF_TAP_NO_PI, 16);
  if (ioctl(fd, TUNSETIFF, wanted) !== 0) throw new Error(`no tap ${tap}`);
  return fd;
}

function openNic(): number {
  const fd = socket(AF_PACKET, SOCK_RAW, ALL_PROTOCOLS);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16LE(ALL_PROTOCOLS, 2);
  address.writeInt32LE(Number(readFileSync(`/sys/class/net/${nic}/ifindex`, 'utf8')), 4);
  if (fd < 0 || bind(fd, address, address.length) !== 0) throw new Error(`no packet socket on ${nic}`);
  return fd;
}

const own = Buffer.from(mac.replaceAll(':', ''), 'hex');
const tag = Buffer.alloc(4);
tag.writeUInt32BE(0x8100_0000 + Number(vlan));
const [tapFd, nicFd] = [openTap(), openNic()];

async function out(): Promise<never> {
  const frame = Buffer.alloc(LARGEST);
  for (;;) {
    const size = await waiting(tapFd, frame, LARGEST);
    const tagged = Buffer.concat([frame.subarray(0, ADDRESSES), tag, frame.subarray(ADDRESSES, size)]);
    write(nicFd, tagged, tagged.length);
  }
}

/** The kernel has taken the tag off already; whose the frame is tells its address. */
async function back(): Promise<never> {
  const frame = Buffer.alloc(LARGEST);
  for (;;) {
    const size = await waiting(nicFd, frame, LARGEST);
    if (frame.subarray(0, own.length).equals(own)) write(tapFd, frame, size);
  }
}

process.stdin.on('end', () => {
  closeSync(tapFd);
  process.exit(0);
});
process.stdin.resume();
console.log('ready');
await Promise.all([out(), back()]);
