/**
 * The guest's kernels: Debian's own packages, pruned to the modules that a guest of the
 * lab can need. Kept apart from the root disk, so that every kernel runs the same user space.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, cachedFolder } from './cache.ts';
import { LabError, runCommand } from './command.ts';

export interface GuestKernel {
  hash: string;
  vmlinuz: string;
  /** Folder with modules.dep and the kept module files, for the initrd. */
  modulesDir: string;
  /** The same as a file system, to be mounted at /lib/modules. */
  modulesDisk: string;
}

/** Where each kernel comes from; `backports` names the suite that is added to `suite`. */
export const KERNEL_SOURCES = {
  '5.10': { suite: 'bullseye', backports: null },
  '6.1': { suite: 'bookworm', backports: null },
  '6.12': { suite: 'bookworm', backports: 'bookworm-backports' },
} as const;

export type KernelVersion = keyof typeof KERNEL_SOURCES;

const RECIPE = {
  version: 1,
  package: 'linux-image-amd64',
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
};

/** Finds or builds the kernel; `progress` gets short lines while it builds. */
export async function guestKernel(
  version: KernelVersion,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<GuestKernel> {
  const hash = createHash('sha256')
    .update(JSON.stringify([RECIPE, KERNEL_SOURCES[version]]))
    .digest('hex')
    .slice(0, 16);
  const folder = await cachedFolder(join(cacheDir(), 'images'), `kernel-${version}`, hash, async (target) => {
    progress(`fetching the guest's kernel ${version} (once, half a minute)`);
    await build(target, version, progress, signal);
  });
  const modules = join(folder, 'modules');
  return {
    hash: `${version}-${hash}`,
    vmlinuz: join(folder, 'vmlinuz'),
    modulesDir: join(modules, onlyEntry(modules)),
    modulesDisk: join(folder, 'modules.ext4'),
  };
}

async function build(
  target: string,
  version: KernelVersion,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const root = join(target, 'root');
  await unpackKernel(root, version, progress, signal);
  const release = onlyEntry(join(root, 'lib/modules'));
  keepNeededModules(join(root, 'lib/modules', release, 'kernel'));
  // Newer kernels come with compressed modules, which busybox's insmod does not read.
  await runCommand('find', [join(root, 'lib/modules'), '-name', '*.ko.xz', '-exec', 'xz', '-d', '{}', '+']);
  await runCommand('chroot', [root, '/sbin/depmod', release]);
  copyFileSync(join(root, 'boot', `vmlinuz-${release}`), join(target, 'vmlinuz'));
  mkdirSync(join(target, 'modules'));
  renameSync(join(root, 'lib/modules', release), join(target, 'modules', release));
  rmSync(root, { recursive: true, force: true });
  signal.throwIfAborted();
  await makeModulesDisk(join(target, 'modules'), join(target, 'modules.ext4'));
}

async function unpackKernel(
  root: string,
  version: KernelVersion,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { suite, backports } = KERNEL_SOURCES[version];
  const list = '"$1/etc/apt/sources.list"';
  const added =
    backports === null
      ? []
      : [
          `--setup-hook=sed -n "s/ ${suite} / ${backports} /p" ${list} >> ${list}`,
          `--aptopt=APT::Default-Release "${backports}"`,
        ];
  // "extract" unpacks the packages and runs none of their scripts.
  await runCommand('mmdebstrap', ['--variant=extract', `--include=${RECIPE.package}`, ...added, suite, root], {
    signal,
    onLine: (line) => {
      if (line.startsWith('I: ')) progress(line.slice(3));
    },
  });
}

function keepNeededModules(kernel: string): void {
  const kept = (path: string) => RECIPE.modules.some((each) => each === path || `${each}.xz` === path);
  const walk = (folder: string) => {
    for (const name of readdirSync(join(kernel, folder))) {
      const path = folder ? `${folder}/${name}` : name;
      if (kept(path)) continue;
      if (RECIPE.modules.some((each) => each.startsWith(`${path}/`))) walk(path);
      else rmSync(join(kernel, path), { recursive: true, force: true });
    }
  };
  walk('');
  for (const path of RECIPE.moduleFoldersLeftOut) rmSync(join(kernel, path), { recursive: true, force: true });
}

/** Read-only, so without a journal. */
async function makeModulesDisk(modules: string, disk: string): Promise<void> {
  const kib = Number((await runCommand('du', ['-sk', modules])).split('\t')[0]);
  await runCommand('truncate', ['-s', `${Math.ceil(kib / 1024 + 16)}M`, disk]);
  await runCommand('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', '-m', '0', '-d', modules, disk]);
}

function onlyEntry(folder: string): string {
  const [entry] = readdirSync(folder);
  if (entry === undefined)
    throw new LabError('The guest came without a kernel: run again, or check the Debian mirror.');
  return entry;
}
