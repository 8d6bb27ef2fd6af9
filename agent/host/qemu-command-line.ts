/**
 * What a QEMU command line tells of a VM: name, accelerator, vCPUs, NIC models.
 * Written by hand, `-netdev tap,ifname=tap0,id=n0 -device e1000,netdev=n0`, or
 * by libvirt, as JSON with file descriptors: `-netdev {"type":"tap","fd":"33",…}`.
 */

export interface QemuVm {
  /** Empty where it has none. */
  name: string;
  accelerator: string;
  vcpus: number;
}

/** A tap as the QEMU process holds it. */
export interface HeldTap {
  name: string;
  fd: string;
}

type Properties = ReadonlyMap<string, string>;

/** `value,key=value,…` or JSON. @param implied the key of a first part without one */
function properties(text: string, implied: string): Properties {
  if (text.startsWith('{')) return jsonProperties(text);
  const parts = text.split(/(?<!,),(?!,)/);
  return new Map(
    parts.map((part, i) => {
      const at = part.indexOf('=');
      if (at >= 0) return [part.slice(0, at), part.slice(at + 1).replaceAll(',,', ',')];
      return i === 0 ? [implied, part] : [part, 'on'];
    }),
  );
}

function jsonProperties(text: string): Properties {
  try {
    return new Map(Object.entries(JSON.parse(text)).map(([key, value]) => [key, String(value)]));
  } catch {
    return new Map(); // not a command line that QEMU would take
  }
}

/** Values of a flag, in order; QEMU takes `-flag` and `--flag`. */
function valuesOf(words: readonly string[], ...flags: string[]): string[] {
  return words.filter((_, i) => flags.includes((words[i - 1] ?? '').replace(/^--/, '-')));
}

function propertiesOf(words: readonly string[], implied: string, ...flags: string[]): Properties[] {
  return valuesOf(words, ...flags).map((text) => properties(text, implied));
}

/** @param words as in `/proc/<pid>/cmdline` */
export function readQemu(words: readonly string[]): QemuVm {
  return {
    name: propertiesOf(words, 'guest', '-name').at(-1)?.get('guest') ?? '',
    accelerator: acceleratorOf(words),
    vcpus: vcpusOf(propertiesOf(words, 'cpus', '-smp').at(-1) ?? new Map()),
  };
}

/** Of several the first counts: QEMU falls back in this order. Without any it emulates. */
function acceleratorOf(words: readonly string[]): string {
  if (words.some((word) => /^--?enable-kvm$/.test(word))) return 'kvm';
  const asked = [...propertiesOf(words, 'accel', '-accel'), ...propertiesOf(words, 'type', '-machine', '-M')].flatMap(
    (found) => found.get('accel') ?? [],
  );
  return asked[0]?.split(':')[0] || 'tcg';
}

function vcpusOf(smp: Properties): number {
  const number = (key: string) => Number.parseInt(smp.get(key) ?? '', 10) || 0;
  const topology = ['sockets', 'dies', 'clusters', 'cores', 'threads'].map((key) => number(key) || 1);
  return number('cpus') || topology.reduce((a, b) => a * b, 1);
}

/** Model of the NIC whose backend is this tap, as QEMU names it; empty where the words do not tell. */
export function nicModelOf(words: readonly string[], tap: HeldTap): string {
  const backends = propertiesOf(words, 'type', '-netdev').filter((netdev) => netdev.get('type') === 'tap');
  const backend =
    backends.find((netdev) => isBackend(netdev, tap)) ?? (backends.length === 1 ? backends[0] : undefined);
  const id = backend?.get('id');
  const device = propertiesOf(words, 'driver', '-device').find((found) => id && found.get('netdev') === id);
  if (device) return device.get('driver') ?? '';
  return (
    propertiesOf(words, 'type', '-nic')
      .find((nic) => isBackend(nic, tap))
      ?.get('model') ?? ''
  );
}

function isBackend(netdev: Properties, { name, fd }: HeldTap): boolean {
  const ifname = netdev.get('ifname');
  if (ifname !== undefined) return ifname === name;
  return `${netdev.get('fd') ?? ''}:${netdev.get('fds') ?? ''}`.split(':').includes(fd);
}

/** The socket behind a virtio-serial port: its path, or the descriptor that QEMU was given. */
export interface ChannelSocket {
  path: string;
  fd: string;
}

/** @param name of the port, as the guest sees it @returns null where there is none that listens on a Unix socket */
export function channelSocketOf(words: readonly string[], name: string): ChannelSocket | null {
  const port = propertiesOf(words, 'driver', '-device').find(
    (device) => device.get('driver') === 'virtserialport' && device.get('name') === name,
  );
  const backend = propertiesOf(words, 'backend', '-chardev').find(
    (chardev) => chardev.get('backend') === 'socket' && chardev.get('id') === port?.get('chardev'),
  );
  const socket = { path: backend?.get('path') ?? '', fd: backend?.get('fd') ?? '' };
  // Where QEMU connects by itself there is nothing to connect to.
  const listens = ['on', 'true', 'yes'].includes(backend?.get('server') ?? '');
  return port && listens && (socket.path || socket.fd) ? socket : null;
}
