/** The guest's end of a virtio-serial channel, found by its name. */
import { constants, existsSync, openSync, readdirSync } from 'node:fs';
import { readText } from '../machine.ts';

/** Name of the channel, in the manner of `org.qemu.guest_agent.0`. */
export const CHANNEL_NAME = 'org.hopscope.agent.0';

const { O_RDWR, O_NONBLOCK, O_NOCTTY } = constants;

export type OpenedPort = { ok: true; fd: number } | { ok: false; reason: string };

/**
 * Path of the port's device. udev makes a link by name; where there is no udev
 * the kernel tells the names.
 * @param channel a name, or the path of a device @param root of the file system, for tests
 * @returns null where there is no such port
 */
export function portDevice(channel: string, root = ''): string | null {
  if (channel.startsWith('/')) return existsSync(`${root}${channel}`) ? channel : null;
  const link = `/dev/virtio-ports/${channel}`;
  if (existsSync(`${root}${link}`)) return link;
  const ports = `${root}/sys/class/virtio-ports`;
  const port = listed(ports).find((entry) => readText(`${ports}/${entry}/name`) === channel);
  return port === undefined ? null : `/dev/${port}`;
}

/** Opens the port for this process alone, never waiting for the other end. */
export function openPort(channel: string): OpenedPort {
  const device = portDevice(channel);
  if (device === null) {
    const next = 'give the VM a virtio-serial channel of that name, load virtio_console, or use --server ws://…';
    return { ok: false, reason: `this machine has no port ${channel}; ${next}` };
  }
  try {
    return { ok: true, fd: openSync(device, O_RDWR | O_NONBLOCK | O_NOCTTY) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ok: false, reason: code === 'EBUSY' ? `${device} is in use by another process` : message };
  }
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // no virtio-serial at all
  }
}
