/**
 * The guest's initrd, put together per run: drivers, the init scripts, the agent
 * and the run's settings, token included (the file is readable by root only, and
 * the token never appears on a command line).
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CpioEntry, cpioArchive, cpioFile } from './cpio.ts';
import type { BaseImage } from './image.ts';
import { ModuleTable } from './kernel-modules.ts';
import { CLIENT_MAC, CONTROL_MAC, measuredNic, PREFIX_LENGTH } from './network.ts';
import { type LabNic, NIC_MODELS } from './nic-models.ts';
import { CONTROL_ADDRESS } from './qemu.ts';

export interface GuestSettings {
  vm: string;
  /** The measured ones. */
  nics: readonly LabNic[];
  /** Number of the first of them among those of all guests of the run. */
  firstNic: number;
  /** For the agent's --server: a URL, or `channel`. */
  server: string;
  token: string;
  /** Whether the app behind /app/ is started. */
  app: boolean;
  /** What the agent traces. */
  servicePorts: readonly number[];
  /** Kinds of probes that the guest's agent must not use, by commas. */
  skipProbes: string;
  /** A root shell over TCP on the control network; null for none. */
  shellPort: number | null;
}

const REPOSITORY = new URL('..', import.meta.url).pathname;
const BIG_FILE_BYTES = 256 * 1024;

export function writeInitrd(path: string, image: BaseImage, settings: GuestSettings): void {
  const archive = cpioArchive([
    ...bootEntries(image, settings.nics),
    ...serviceEntries(),
    ...agentEntries(REPOSITORY),
    cpioFile('hopscope/settings', shellVariables(settings)),
    { ...cpioFile('hopscope/token', settings.token), mode: 0o100600 },
  ]);
  writeFileSync(path, archive, { mode: 0o600 });
}

function bootEntries(image: BaseImage, nics: readonly LabNic[]): CpioEntry[] {
  // The measured NICs' drivers first, so that the control NIC has the last name.
  const files = new ModuleTable(image.kernel.modulesDir).inLoadOrder([
    ...nics.flatMap(({ model }) => NIC_MODELS[model].modules),
    'virtio_pci',
    'virtio_blk',
    'ext4',
    'crc32c_generic',
    'virtio_net',
    'virtio_console',
  ]);
  return [
    cpioFile('bin/busybox', readFileSync(image.busybox), true),
    cpioFile('init', readFileSync(guestFile('init')), true),
    cpioFile('hopscope/start', readFileSync(guestFile('start')), true),
    cpioFile('hopscope/modules', files.map((file) => `${file}\n`).join('')),
    ...files.map((file) =>
      cpioFile(`modules/${file.split('/').at(-1)}`, readFileSync(join(image.kernel.modulesDir, file))),
    ),
    ...['dev', 'proc', 'sys', 'root'].map((path) => ({ path, mode: 0o040755, data: new Uint8Array(0) })),
  ];
}

function serviceEntries(): CpioEntry[] {
  return [
    cpioFile('hopscope/nginx.conf', readFileSync(guestFile('nginx.conf'))),
    cpioFile('hopscope/app.conf', readFileSync(guestFile('app.conf'))),
    cpioFile('hopscope/www/index.html', '<!doctype html><title>hopscope</title><p>A page to measure.\n'),
    cpioFile('hopscope/www/small', 'ok\n'),
    cpioFile('hopscope/www/big', Buffer.alloc(BIG_FILE_BYTES, 'hopscope')),
  ];
}

/** The agent's bundle, its BPF objects and the one native library it needs; nothing while it is not built. */
function agentEntries(repository: string): CpioEntry[] {
  const bundle = join(repository, 'dist/agent.mjs');
  const probes = ['guest.bpf.o', 'guest-old.bpf.o'].map((name) => join(repository, 'dist/bpf', name));
  if (![bundle, ...probes].every((file) => existsSync(file))) return [];
  return [
    cpioFile('hopscope/agent/agent.mjs', readFileSync(bundle)),
    ...probes.map((file) => cpioFile(`hopscope/agent/bpf/${basename(file)}`, readFileSync(file))),
    ...folderEntries(
      join(repository, 'node_modules/koffi'),
      'hopscope/agent/node_modules/koffi',
      /^(package\.json|.*\.c?js)$/,
    ),
    ...folderEntries(
      join(repository, 'node_modules/@koromix/koffi-linux-x64'),
      'hopscope/agent/node_modules/@koromix/koffi-linux-x64',
      /^(package\.json|.*\.js|koffi\.node)$/,
    ),
  ];
}

function folderEntries(folder: string, to: string, keep: RegExp): CpioEntry[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory())
      return name === 'musl_x64' || name === 'doc' ? [] : folderEntries(path, `${to}/${name}`, keep);
    return keep.test(name) ? [cpioFile(`${to}/${name}`, readFileSync(path))] : [];
  });
}

function shellVariables(settings: GuestSettings): string {
  const lines = {
    vm: settings.vm,
    measured: settings.nics.map((nic, at) => measuredLine(nic, settings.firstNic + at)).join('\n'),
    client_mac: CLIENT_MAC,
    control_mac: CONTROL_MAC,
    control_address: `${CONTROL_ADDRESS}/24`,
    server: settings.server,
    app: settings.app ? 'yes' : '',
    service_ports: settings.servicePorts.join(),
    skip_probes: settings.skipProbes,
    shell_port: settings.shellPort ?? '',
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

/** Model, offloads, MAC address, own address, the client's address. */
function measuredLine({ model, offloads }: LabNic, index: number): string {
  const { mac, guestAddress, clientAddress } = measuredNic(index);
  return `${model} ${offloads} ${mac} ${guestAddress}/${PREFIX_LENGTH} ${clientAddress}`;
}

function guestFile(name: string): string {
  return join(REPOSITORY, 'lab/guest', name);
}
