/** A Unix datagram socket to receive on: Node has none, libc does. */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import koffi from 'koffi';
import { lastError } from '../libbpf.ts';

const libc = koffi.load('libc.so.6');
const system = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, const uint8_t *address, uint32 length)'),
  connect: libc.func('int connect(int fd, const uint8_t *address, uint32 length)'),
  receive: libc.func('long recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)'),
  close: libc.func('int close(int fd)'),
};

const AF_UNIX = 1;
/** SOCK_DGRAM, SOCK_NONBLOCK and SOCK_CLOEXEC. */
const DATAGRAMS = 2 | 0o4000 | 0o2000000;
/** sizeof(sun_path), with the zero at its end. */
const PATH_BYTES = 108;
/** Whoever writes the log: Nginx's workers run as somebody else. */
const WRITABLE = 0o666;

export type BoundSocket = { ok: true; socket: DatagramSocket } | { ok: false; reason: string };

function addressOf(path: string): Uint8Array {
  const bytes = new Uint8Array(2 + PATH_BYTES);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_UNIX;
  bytes.set(new TextEncoder().encode(path), 2);
  return bytes;
}

export class DatagramSocket {
  readonly path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** Makes the folder if need be, and takes the place of a socket that nobody reads any more. */
  static bind(path: string): BoundSocket {
    if (Buffer.byteLength(path) >= PATH_BYTES)
      return { ok: false, reason: `${path}: longer than a socket's path may be` };
    const fd = system.socket(AF_UNIX, DATAGRAMS, 0) as number;
    if (fd < 0) return { ok: false, reason: `socket: ${lastError()}` };
    const reason = prepare(path, fd) || bindTo(path, fd);
    if (reason === '') return { ok: true, socket: new DatagramSocket(path, fd) };
    system.close(fd);
    return { ok: false, reason: `${path}: ${reason}` };
  }

  /** One datagram, cut to the size of `into`. @returns its length, or -1 where none waits */
  receive(into: Uint8Array): number {
    return Number(system.receive(this.#fd, into, into.length, 0));
  }

  close(): void {
    system.close(this.#fd);
    removeFile(this.path);
  }
}

/** @returns what is wrong, or nothing */
function prepare(path: string, fd: number): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (!there) return '';
    if (!there.isSocket()) return 'is there, and no socket';
    if ((system.connect(fd, addressOf(path), 2 + PATH_BYTES) as number) === 0) return 'is in use by another process';
    removeFile(path);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function bindTo(path: string, fd: number): string {
  if ((system.bind(fd, addressOf(path), 2 + PATH_BYTES) as number) !== 0) return lastError();
  try {
    chmodSync(path, WRITABLE);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // gone already
  }
}
