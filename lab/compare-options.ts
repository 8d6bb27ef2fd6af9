/** `hopscope lab compare`: its words and flags, checked once, then frozen. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { between, MAX_RATE, parseDuration, parseNic, parsePath, wholeBetween } from './flag-values.ts';
import { KERNEL_SOURCES, type KernelVersion } from './guest-kernel.ts';
import { MOST_VMS } from './lab-vm.ts';
import { MOST_NICS } from './network.ts';
import { NIC_MODELS, type NicModel, type Offloads } from './nic-models.ts';
import { type Axes, needsBoots, variantsOf } from './variants.ts';

/** Of each axis: the same value twice is a comparison of it with itself. */
export interface CompareOptions extends Axes {
  readonly rounds: number;
  /** Of load that is recorded in each block, and before it, of load that is not. */
  readonly blockS: number;
  readonly warmUpS: number;
  readonly rate: number;
  readonly path: string;
  readonly seed: number;
  readonly port: number;
  readonly json: boolean;
  /** Where recordings and logs are kept; null: nowhere. */
  readonly artifacts: string | null;
  /** For `hopscope compare`, to which the recordings are given in the end. */
  readonly compareFlags: readonly string[];
}

/** The server keeps so many stretches of a run at most, and of the one between the blocks there are the most. */
const MOST_BLOCKS = 240;
const MOST_SECONDS = 600;
const MOST_VCPUS = 16;
const DEFAULT_NICS: readonly NicModel[] = ['virtio-net-pci'];
const ACCELERATORS = ['kvm', 'tcg'] as const;
const KERNELS = Object.keys(KERNEL_SOURCES) as KernelVersion[];

function nics(name: string, previous: NicModel[] = []): NicModel[] {
  return [...previous, parseNic(name)];
}

function offloads(list: string): Offloads[] {
  const settings = list.split(',');
  if (settings.every((setting) => setting === 'on' || setting === 'off')) return settings;
  throw new InvalidArgumentError('expected on, off, or both as in on,off');
}

/** A list by commas, each part of it by `parse`. */
function listOf<T>(parse: (text: string) => T): (list: string) => T[] {
  return (list) => list.split(',').map((each) => parse(each.trim()));
}

function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((each) => each === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`there is no "${text}" here. There are: ${known.join(', ')}`);
  };
}

function several(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function command(): Command {
  return new Command('hopscope lab compare')
    .description(
      'Boot one guest with all these NICs, or one guest for each value of --vcpus, --kernel or --accel, ask them in turn in short blocks of the same load, and compare the runs: the others with the first.',
    )
    .argument(
      '[nic...]',
      `two or more, or one where something else is compared, of: ${Object.keys(NIC_MODELS).join(', ')} (default: ${DEFAULT_NICS})`,
      nics,
    )
    .addOption(
      new Option(
        '--vcpus <list>',
        '1,2 compares guests with one and with two vCPUs, 1,1,2 also two boots of the first; one number is for all',
      )
        .argParser(listOf(wholeBetween(1, MOST_VCPUS)))
        .default([1], '1'),
    )
    .addOption(
      new Option('--kernel <list>', `the same for kernels of the guest: ${KERNELS.join(', ')}`)
        .argParser(listOf(oneOf(KERNELS)))
        .default(['6.1'], '6.1'),
    )
    .addOption(
      new Option(
        '--accel <list>',
        'tcg,kvm compares emulation with KVM, on a machine that really boots guests under it',
      )
        .argParser(listOf(oneOf(ACCELERATORS)))
        .default(['auto'], 'auto: as of hopscope up'),
    )
    .addOption(
      new Option('--offloads <list>', 'on,off compares each NIC with what its driver turns on, and without')
        .argParser(offloads)
        .default(['on'], 'on'),
    )
    .addOption(
      new Option('--rounds <n>', 'each asks every NIC once').argParser(wholeBetween(1, MOST_BLOCKS / 2)).default(6),
    )
    .addOption(
      new Option('--seconds <n>', 'of recorded load in each block').argParser(between(0.1, MOST_SECONDS)).default(10),
    )
    .addOption(
      new Option('--warm-up <time>', 'of load before them, not recorded').argParser(parseDuration).default(2, '2s'),
    )
    .addOption(new Option('--rate <n>', 'requests a second').argParser(between(0.1, MAX_RATE)).default(100))
    .addOption(new Option('--path <path>', 'what to ask for, as in hopscope up').argParser(parsePath).default('/'))
    .addOption(
      new Option('--seed <n>', 'of the order of the blocks and of the statistics')
        .argParser(wholeBetween(0, 999_999_999))
        .default(1),
    )
    .addOption(
      new Option('--port-http <port>', 'where the dashboard and the API listen meanwhile, on 127.0.0.1')
        .argParser(wholeBetween(1, 65_535))
        .env('HOPSCOPE_PORT')
        .default(7117),
    )
    .option('--json', 'print what hopscope compare --json prints, and nothing else, on standard output', false)
    .option('--artifacts <dir>', 'keep the recordings, the access log and all logs there')
    .addOption(
      new Option('--fail-on <condition>', 'as of hopscope compare; repeatable').argParser(several).default([], 'none'),
    )
    .addOption(
      new Option('--layer <pattern>', 'as of hopscope compare; repeatable')
        .argParser(several)
        .default([], 'end to end'),
    )
    .option('--force', 'as of hopscope compare', false)
    .helpOption('-h, --help', 'this text')
    .addHelpText(
      'after',
      '\nExit codes: 0 compared, 1 failed, 2 wrong usage, 3 and 4 as of hopscope compare, 128 + n ended by a signal.',
    )
    .configureOutput({
      outputError: (text, write) =>
        write(`${text.replace(/^error: /, 'hopscope lab compare: ')}See: hopscope lab compare --help\n`),
    })
    .exitOverride();
}

/** Parses the words after `hopscope lab compare`; wrong ones are explained on standard error (exit code 2). */
export function parseCompareOptions(
  args: readonly string[],
): { ok: true; options: CompareOptions } | { ok: false; exitCode: number } {
  const parser = command();
  try {
    parser.parse(args, { from: 'user' });
    return { ok: true, options: checked(parser) };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { ok: false, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
}

function checked(parser: Command): CompareOptions {
  const { seconds, warmUp, portHttp, artifacts, failOn, layer, force, json, rounds, seed, ...rest } = parser.opts();
  const axes = axesOf(parser);
  const variants = variantsOf(axes).length;
  if (variants < 2) {
    parser.error(
      'error: name two NICs at least, or two values of --offloads, --vcpus, --kernel or --accel; the same one twice shows what chance alone does',
    );
  }
  if (variants > MOST_NICS) parser.error(`error: at most ${MOST_NICS} variants can be compared at once`);
  if (variants * rounds > MOST_BLOCKS) parser.error(`error: --rounds: that is more than ${MOST_BLOCKS} blocks`);
  if (needsBoots(axes) && variants > MOST_VMS)
    parser.error(`error: at most ${MOST_VMS} guests can be compared at once`);
  const compareFlags = [
    ...(json ? ['--json'] : []),
    ...(force ? ['--force'] : []),
    ...['--seed', String(seed)],
    ...failOn.flatMap((condition: string) => ['--fail-on', condition]),
    ...layer.flatMap((pattern: string) => ['--layer', pattern]),
  ];
  return Object.freeze({
    ...{ ...axes, rounds, blockS: seconds, warmUpS: warmUp, rate: rest.rate, path: rest.path },
    ...{ seed, port: portHttp, json, artifacts: artifacts ?? null, compareFlags },
  });
}

/** What a boot is needed for is compared alone: two things that differ at once would answer no question. */
function axesOf(parser: Command): Axes {
  const { offloads, vcpus, kernel: kernels, accel: accels } = parser.opts();
  const named: NicModel[] = parser.processedArgs[0];
  const nics = named.length > 0 ? named : DEFAULT_NICS;
  const axes: Axes = { nics, offloads, vcpus, kernels, accels };
  const lists = { NICs: nics, '--offloads': offloads, '--vcpus': vcpus, '--kernel': kernels, '--accel': accels };
  const several = Object.entries(lists).flatMap(([name, values]) => (values.length > 1 ? name : []));
  if (needsBoots(axes) && several.length > 1) {
    parser.error(`error: ${several.join(' and ')} have several values each: give all but one of them a single value`);
  }
  return axes;
}
