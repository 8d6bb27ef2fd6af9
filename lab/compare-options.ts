/** `hopscope lab compare`: its words and flags, checked once, then frozen. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { between, MAX_RATE, parseDuration, parseNic, parsePath, wholeBetween } from './flag-values.ts';
import { MOST_NICS } from './network.ts';
import { NIC_MODELS, type NicModel, type Offloads } from './nic-models.ts';

export interface CompareOptions {
  /** The same one twice is a comparison of it with itself. */
  readonly nics: readonly NicModel[];
  /** Each NIC is there once for each. */
  readonly offloads: readonly Offloads[];
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

function nics(name: string, previous: NicModel[] = []): NicModel[] {
  return [...previous, parseNic(name)];
}

function offloads(list: string): Offloads[] {
  const settings = list.split(',');
  if (settings.every((setting) => setting === 'on' || setting === 'off')) return settings;
  throw new InvalidArgumentError('expected on, off, or both as in on,off');
}

function several(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function command(): Command {
  return new Command('hopscope lab compare')
    .description(
      'Boot one guest with all these NICs, ask them in turn in short blocks of the same load, and compare the runs.',
    )
    .argument(
      '<nic...>',
      `two or more (with --offloads on,off one) of: ${Object.keys(NIC_MODELS).join(', ')}; the others are compared with the first`,
      nics,
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
  const nics = parser.processedArgs[0] as NicModel[];
  const variants = nics.length * parser.opts().offloads.length;
  const { seconds, warmUp, portHttp, artifacts, failOn, layer, force, ...rest } = parser.opts();
  if (variants < 2) {
    parser.error(
      'error: name two NICs at least, or --offloads on,off; the same one twice shows what chance alone does',
    );
  }
  if (variants > MOST_NICS) parser.error(`error: at most ${MOST_NICS} variants can be compared at once`);
  if (variants * rest.rounds > MOST_BLOCKS) parser.error(`error: --rounds: that is more than ${MOST_BLOCKS} blocks`);
  const compareFlags = [
    ...(rest.json ? ['--json'] : []),
    ...(force ? ['--force'] : []),
    ...['--seed', String(rest.seed)],
    ...failOn.flatMap((condition: string) => ['--fail-on', condition]),
    ...layer.flatMap((pattern: string) => ['--layer', pattern]),
  ];
  return Object.freeze({
    ...{
      nics,
      offloads: rest.offloads,
      rounds: rest.rounds,
      blockS: seconds,
      warmUpS: warmUp,
      rate: rest.rate,
      path: rest.path,
    },
    ...{ seed: rest.seed, port: portHttp, json: rest.json, artifacts: artifacts ?? null, compareFlags },
  });
}
