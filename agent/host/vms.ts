/**
 * Which VM is behind which tap, without asking a management daemon: a process
 * that holds a tap shows it as `iff:` in its fdinfo, and QEMU's command line
 * names the VM, its NIC model and its accelerator.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { VmInfo } from '../../server/wire/messages.ts';
import type { Link } from './links.ts';
import { type HeldTap, nicModelOf, readQemu } from './qemu-command-line.ts';

/** Taps held open by a process, each once although a multi-queue tap has several descriptors. */
export function tapsOf(pid: number, proc = '/proc'): HeldTap[] {
  const taps = new Map<string, HeldTap>();
  for (const fd of listed(`${proc}/${pid}/fd`)) {
    if (linkOf(`${proc}/${pid}/fd/${fd}`) !== '/dev/net/tun') continue;
    const name = /^iff:\s*(\S+)/m.exec(textOf(`${proc}/${pid}/fdinfo/${fd}`))?.[1];
    if (name && !taps.has(name)) taps.set(name, { name, fd });
  }
  return [...taps.values()];
}

/** All VMs whose taps are among `links`. Needs CAP_SYS_PTRACE for other users' processes. */
export function listVms(links: readonly Link[], proc = '/proc'): VmInfo[] {
  const taps = new Map(links.filter((link) => link.kind === 'tun').map((link) => [link.name, link]));
  if (taps.size === 0) return [];
  const network = linkOf(`${proc}/self/ns/net`);
  return listed(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => vmsOf(Number(pid), taps, network, proc));
}

/** A tap of the same name in another network namespace is another tap. */
function vmsOf(pid: number, links: ReadonlyMap<string, Link>, network: string, proc: string): VmInfo[] {
  return tapsOf(pid, proc).flatMap((tap) => {
    const link = links.get(tap.name);
    if (!link || linkOf(`${proc}/${pid}/ns/net`) !== network) return [];
    const words = textOf(`${proc}/${pid}/cmdline`).split('\0');
    const vm = readQemu(words);
    return [
      {
        ...vm,
        name: vm.name || tap.name,
        nicModel: nicModelOf(words, tap),
        pid,
        tap: tap.name,
        ifindex: link.ifindex,
        bridge: link.master,
      },
    ];
  });
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // the process ended, or is not ours to read
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
