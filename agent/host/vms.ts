/**
 * Which VM is behind which tap, without asking a management daemon: a process
 * that holds a tap shows it as `iff:` in its fdinfo, and QEMU's command line
 * names the VM, its NIC model and its accelerator.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { VmInfo } from '../../server/wire/messages.ts';
import type { Link } from './links.ts';

/** Taps held open by a process: the `iff:` lines of its fdinfo. */
export function tapsOf(pid: number, proc = '/proc'): string[] {
  const taps: string[] = [];
  for (const fd of listed(`${proc}/${pid}/fd`)) {
    if (linkOf(`${proc}/${pid}/fd/${fd}`) !== '/dev/net/tun') continue;
    const tap = /^iff:\s*(\S+)/m.exec(textOf(`${proc}/${pid}/fdinfo/${fd}`))?.[1];
    if (tap) taps.push(tap);
  }
  return taps;
}

/** What a QEMU command line says; words as in `/proc/<pid>/cmdline`. */
export function readQemu(words: readonly string[]): Omit<VmInfo, 'pid' | 'tap' | 'ifindex' | 'bridge'> {
  const after = (flag: string) => words.flatMap((word, i) => (word === flag ? [words[i + 1] ?? ''] : []));
  const accel = after('-accel')[0] ?? /accel=([^,]+)/.exec(after('-machine')[0] ?? '')?.[1] ?? '';
  return {
    name: vmName(after('-name')[0] ?? ''),
    nicModel: '',
    accelerator: words.includes('-enable-kvm') ? 'kvm' : (accel.split(',')[0] ?? '') || 'tcg',
    vcpus: Number.parseInt((after('-smp')[0] ?? '1').replace('cpus=', ''), 10) || 1,
  };
}

function vmName(name: string): string {
  return name.replace(/^guest=/, '').split(',')[0] ?? '';
}

/** Model of the device whose netdev is this tap: `-netdev tap,id=n0,ifname=tap0 -device e1000,netdev=n0`. */
export function nicModelOf(words: readonly string[], tap: string): string {
  const netdevs = words.filter((_, i) => words[i - 1] === '-netdev');
  const own = netdevs.find((netdev) => netdev.split(',').includes(`ifname=${tap}`)) ?? netdevs[0] ?? '';
  const id = /(?:^|,)id=([^,]+)/.exec(own)?.[1];
  const devices = words.filter((_, i) => words[i - 1] === '-device');
  return devices.find((device) => device.split(',').includes(`netdev=${id}`))?.split(',')[0] ?? '';
}

/** All VMs whose taps are among `links`. Needs CAP_SYS_PTRACE for other users' processes. */
export function listVms(links: readonly Link[], proc = '/proc'): VmInfo[] {
  const taps = new Map(links.filter((link) => link.kind === 'tun').map((link) => [link.name, link]));
  if (taps.size === 0) return [];
  return listed(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => vmsOf(Number(pid), taps, proc));
}

function vmsOf(pid: number, taps: ReadonlyMap<string, Link>, proc: string): VmInfo[] {
  return tapsOf(pid, proc).flatMap((tap) => {
    const link = taps.get(tap);
    if (!link) return [];
    const words = textOf(`${proc}/${pid}/cmdline`).split('\0');
    const vm = readQemu(words);
    return [
      {
        ...vm,
        name: vm.name || tap,
        nicModel: nicModelOf(words, tap),
        pid,
        tap,
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
