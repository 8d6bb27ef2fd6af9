/** `hopscope up`: its flags and their environment twins, checked once, then frozen. */
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { between, MAX_RATE, parseDuration, parseNics, parsePath, probeKinds, wholeBetween } from './flag-values.ts';
import { KERNEL_SOURCES, type KernelVersion } from './guest-kernel.ts';
import { IMAGE_ADDITIONS, type ImageName } from './image.ts';
import { type LabVm, MOST_VMS, vmsOf } from './lab-vm.ts';
import { NIC_MODELS, type NicModel } from './nic-models.ts';
import type { Accelerator } from './qemu.ts';
import { needsShell, parseTimedPlant, plantProblem, type TimedPlant } from './timed-plant.ts';

export interface LabOptions {
  /** Guests, each with one measured NIC. */
  readonly vms: readonly LabVm[];
  /** Requests a second at each guest, on a fixed schedule. */
  readonly rate: number;
  /** Null: until Ctrl-C. */
  readonly durationS: number | null;
  readonly path: string;
  /** Keep-alive connections to begin with; null: a new one per request. */
  readonly connections: number | null;
  readonly accel: 'auto' | Accelerator;
  readonly port: number;
  readonly browser: boolean;
  readonly json: boolean;
  /** Where the guest's access log, console and the processes' logs are copied at the end. */
  readonly artifacts: string | null;
  /** What is promised, for the server; a path of this machine. */
  readonly objectives: string | null;
  /** Who is told of their alerts, as the server takes them. */
  readonly notify: readonly string[];
  readonly alertmanager: readonly string[];
  /** Where the run's recording goes. */
  readonly record: string | null;
  /** A delay in one layer of the first guest. */
  readonly plant: TimedPlant | null;
  readonly shell: boolean;
  /** How the guest's agent reaches the server: a virtio-serial channel, or the guest's second network card. */
  readonly uplink: UplinkKind;
  readonly kernel: KernelVersion;
  readonly image: ImageName;
  /** For the guest's agent: kinds of probes that it must not use, by commas. */
  readonly skipProbes: string;
  /** Ports of the guest that both agents trace. */
  readonly servicePorts: readonly number[];
}

export type UplinkKind = 'channel' | 'network';

export type LabOptionsResult = { ok: true; options: LabOptions } | { ok: false; exitCode: number };

interface Flags {
  vms: number;
  nic: NicModel[];
  rate: number;
  duration?: number;
  path: string;
  connections: number | 'per-request';
  accel: 'auto' | Accelerator;
  portHttp: number;
  browser: boolean;
  json: boolean;
  artifacts?: string;
  objectives?: string;
  notify: string[];
  alertmanager: string[];
  record?: string;
  plant?: TimedPlant;
  shell: boolean;
  uplink: UplinkKind;
  kernel: KernelVersion;
  image: ImageName;
  skipProbes: string;
  servicePorts: number[];
}

const MAX_CONNECTIONS = 1000;

function command(): Command {
  const connections = wholeBetween(1, MAX_CONNECTIONS);
  return new Command('hopscope up')
    .description(
      'Boot a real guest with the chosen NIC, drive load at it, and show where the time of each request goes.',
    )
    .addOption(
      new Option('--vms <n>', `guests on one bridge, up to ${MOST_VMS}; each has its load, and all share this machine`)
        .argParser(wholeBetween(1, MOST_VMS))
        .default(1),
    )
    .addOption(
      new Option(
        '--nic <model>',
        `network card of the guest, or one for each of several by commas: ${Object.keys(NIC_MODELS).join(', ')}`,
      )
        .env('HOPSCOPE_NIC')
        .argParser(parseNics)
        .default(['virtio-net-pci'], 'virtio-net-pci'),
    )
    .addOption(
      new Option('--kernel <version>', 'kernel of the guest')
        .choices(Object.keys(KERNEL_SOURCES))
        .env('HOPSCOPE_KERNEL')
        .default('6.1'),
    )
    .addOption(
      new Option('--rate <n>', 'requests a second at each guest').argParser(between(0.1, MAX_RATE)).default(200),
    )
    .addOption(new Option('--duration <time>', 'e.g. 20s or 2m (default: until Ctrl-C)').argParser(parseDuration))
    .addOption(
      new Option(
        '--path <path>',
        'what to ask for: /, /small, /big (256 KiB), /sleep/<ms up to 999>, /app/sleep/<ms> behind Nginx',
      )
        .argParser(parsePath)
        .default('/'),
    )
    .addOption(
      new Option('--connections <n>', 'keep-alive connections, or per-request; more are opened when all are busy')
        .argParser((text) => (text === 'per-request' ? text : connections(text)))
        .default(8),
    )
    .addOption(
      new Option(
        '--accel <which>',
        'auto takes KVM where a guest really boots under it; in icount, emulated time counts instructions',
      )
        .choices(['auto', 'kvm', 'tcg', 'icount'])
        .env('HOPSCOPE_ACCEL')
        .default('auto'),
    )
    .addOption(
      new Option('--port-http <port>', 'where the dashboard and the API listen, on 127.0.0.1')
        .argParser(wholeBetween(1, 65_535))
        .env('HOPSCOPE_PORT')
        .default(7117),
    )
    .addOption(
      new Option(
        '--uplink <how>',
        "way of the guest's records to the server: a virtio-serial channel, or a network card",
      )
        .choices(['channel', 'network'])
        .default('channel'),
    )
    .option('--no-browser', 'do not open the dashboard in a browser')
    .option('--json', 'print the summary as one JSON object, and nothing else, on standard output', false)
    .option('--objectives <file>', 'what is promised, as OpenSLO documents, for the server to judge')
    .option(
      '--notify <url>',
      'for the server: post every alert there as JSON; @FILE has the address; repeatable',
      more,
      [],
    )
    .option('--alertmanager <url>', 'for the server: tell an Alertmanager of alerts; repeatable', more, [])
    .option('--record <file>', 'write the run to one Parquet file at the end, to compare or replay it later')
    .option('--artifacts <dir>', "keep the guest's access log and all logs there")
    .addOption(
      new Option(
        '--plant <what>',
        'a delay in one layer of the first guest, e.g. vnic:5ms@30s or service:2ms@1m+20s',
      ).argParser(parseTimedPlant),
    )
    .option('--shell', 'a root shell in the guest, on the control network (the address is printed)', false)
    .addOption(
      new Option('--image <which>', "the guest's programs; bench has other tracers too, to compare with")
        .choices(Object.keys(IMAGE_ADDITIONS))
        .default('standard'),
    )
    .addOption(
      new Option('--service-ports <ports>', 'ports of the guest to trace, e.g. 80,443; the lab itself asks port 80')
        .argParser((text) => text.split(',').map(wholeBetween(1, 65_535)))
        .default([80])
        .hideHelp(),
    )
    .addOption(
      new Option('--skip-probes <kinds>', "of the guest's agent, e.g. fentry,fexit,tp_btf: for tests of the others")
        .argParser(probeKinds)
        .default('')
        .hideHelp(),
    )
    .helpOption('-h, --help', 'this text')
    .configureOutput({
      outputError: (text, write) => write(`${text.replace(/^error: /, 'hopscope up: ')}See: hopscope up --help\n`),
    })
    .exitOverride();
}

/** Parses the flags; wrong ones are explained on standard error and give exit code 2. */
export function parseLabOptions(args: readonly string[]): LabOptionsResult {
  const parser = command();
  try {
    parser.parse(args, { from: 'user' });
    checkNicCount(parser);
    checkPlant(parser);
    checkReceivers(parser);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { ok: false, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const flags = parser.opts<Flags>();
  return {
    ok: true,
    options: Object.freeze({
      vms: vmsOf(flags.vms, flags.nic),
      rate: flags.rate,
      durationS: flags.duration ?? null,
      path: flags.path,
      connections: flags.connections === 'per-request' ? null : flags.connections,
      accel: flags.accel,
      port: flags.portHttp,
      browser: flags.browser,
      json: flags.json,
      artifacts: flags.artifacts ?? null,
      objectives: flags.objectives === undefined ? null : resolve(flags.objectives),
      notify: flags.notify,
      alertmanager: flags.alertmanager,
      record: flags.record ?? null,
      plant: flags.plant ?? null,
      shell: flags.shell || (flags.plant !== undefined && needsShell(flags.plant)),
      uplink: flags.uplink,
      kernel: flags.kernel,
      image: flags.image,
      skipProbes: flags.skipProbes,
      servicePorts: flags.servicePorts,
    }),
  };
}

function more(value: string, before: string[]): string[] {
  return [...before, value];
}

function checkReceivers(parser: Command): void {
  const { notify, alertmanager, objectives } = parser.opts<Flags>();
  if (notify.length + alertmanager.length === 0 || objectives !== undefined) return;
  parser.error('error: --notify and --alertmanager tell of objectives: add --objectives FILE\n');
}

/** One card for all guests, or one for each. */
function checkNicCount(parser: Command): void {
  const { vms, nic } = parser.opts<Flags>();
  if (nic.length === 1 || nic.length === vms) return;
  const guests = vms === 1 ? '1 guest' : `${vms} guests`;
  const next = nic.length <= MOST_VMS ? `add --vms ${nic.length}, or ` : '';
  parser.error(`error: --nic names ${nic.length} cards for ${guests}: ${next}name one card\n`);
}

function checkPlant(parser: Command): void {
  const { plant, rate, duration } = parser.opts<Flags>();
  const problem = plant && plantProblem(plant, rate);
  if (problem) parser.error(`error: --plant: ${problem}\n`);
  if (plant && duration !== undefined && plant.fromS >= duration) {
    parser.error(`error: --plant begins at ${plant.fromS} s, but the load ends at ${duration} s: plant earlier\n`);
  }
}
