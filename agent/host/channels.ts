/** All channels of this host's guests: those that were named, and those that its QEMU processes show. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { CHANNEL_NAME } from '../channel/find-port.ts';
import { ChannelBridge, ChannelCounts, type TellState } from './channel-bridge.ts';
import { channelSocketOf } from './qemu-command-line.ts';

/** Path of the socket behind our channel of this QEMU process, or null where it has none. */
export function channelPath(pid: number, proc = '/proc'): string | null {
  const socket = channelSocketOf(textOf(`${proc}/${pid}/cmdline`).split('\0'), CHANNEL_NAME);
  if (socket === null) return null;
  const named = socket.path || pathOfListener(pid, socket.fd, proc);
  if (named === '') return null;
  const path = resolve(linkOf(`${proc}/${pid}/cwd`) || '/', named);
  const inItsView = `${proc}/${pid}/root${path}`;
  return !existsSync(path) && existsSync(inItsView) ? inItsView : path;
}

/** libvirt opens the socket and gives QEMU the descriptor. */
function pathOfListener(pid: number, fd: string, proc: string): string {
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`${proc}/${pid}/fd/${fd}`))?.[1];
  if (inode === undefined) return '';
  const row = textOf(`${proc}/${pid}/net/unix`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[6] === inode);
  return row?.[7] ?? '';
}

export class Channels {
  readonly #url: string;
  readonly #named: readonly string[];
  readonly #tell: TellState;
  readonly #bridges = new Map<string, ChannelBridge>();
  readonly counts = new ChannelCounts();

  /** @param url of the server's `/agent` @param named sockets that are there for good */
  constructor(url: string, named: readonly string[], tell: TellState) {
    this.#url = url;
    this.#named = named.map((path) => resolve(path));
    this.#tell = tell;
  }

  /** Bridge the named ones and those of these processes; let go of those that are gone. */
  follow(pids: readonly number[]): void {
    const wanted = new Set([...this.#named, ...pids.flatMap((pid) => channelPath(pid) ?? [])]);
    for (const [path, bridge] of this.#bridges) {
      if (wanted.has(path)) continue;
      bridge.close();
      this.#bridges.delete(path);
    }
    for (const path of wanted) {
      if (this.#bridges.has(path)) continue;
      this.#bridges.set(path, new ChannelBridge(path, this.#url, this.counts, this.#tell));
    }
  }

  close(): void {
    for (const bridge of this.#bridges.values()) bridge.close();
    this.#bridges.clear();
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended, or is not ours to read
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
