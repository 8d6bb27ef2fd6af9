/** `hopscope compare A B`: two recorded runs, from files or from a server. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { compareRuns } from './compare/comparison.ts';
import { type Condition, parseCondition, verdictsOf } from './compare/fail-on.ts';
import { comparisonText } from './compare-text.ts';
import { loadRecording } from './recordings.ts';
import { RemoteError, RemoteServer } from './remote-server.ts';
import { parseRunStretch, type RunStretch } from './run-stretch.ts';
import { RecordingError } from './store/recording.ts';

/** 0 done, 1 failed, 2 usage, and these: for a pipeline to act on. */
const REGRESSION = 3;
const NOT_COMPARABLE = 4;

interface CompareFlags {
  json: boolean;
  force: boolean;
  seed: number;
  failOn: Condition[];
  layer: string[];
  server: string;
}

function command(): Command {
  return new Command('hopscope compare')
    .description(
      'How far run B is from run A: every layer, four quantiles, with intervals that hold for all of them together.',
    )
    .argument(
      '<A>',
      'a recording (a file), or a run of the server, by its id or name; of it only a stretch as A@FROM-TO, seconds since the epoch',
    )
    .argument('<B>', 'the same')
    .option('--json', 'print one JSON object, and nothing else, on standard output', false)
    .addOption(
      new Option('--fail-on <condition>', "e.g. 'p99>+5%' or 'p50>200us': exit 3 where it surely holds; repeatable")
        .argParser(collect(condition))
        .default([]),
    )
    .addOption(
      new Option('--layer <pattern>', "what --fail-on looks at, e.g. 'vnic *' or 'tcp.*'; repeatable")
        .argParser(collect((text) => text))
        .default([], 'end to end'),
    )
    .option('--force', 'compare what should not be compared, and say so', false)
    .addOption(
      new Option('--seed <n>', 'of the resampling: the same seed, the same numbers').argParser(seed).default(1),
    )
    .addOption(
      new Option('--server <url>', 'where runs are looked up').env('HOPSCOPE_SERVER').default('http://127.0.0.1:7117'),
    )
    .addHelpText(
      'after',
      `
Exit codes: 0 compared, 1 failed, 2 wrong usage, 3 a --fail-on condition holds, 4 the runs cannot be compared.
A condition holds where its whole interval is beyond the limit; where only a part is, that is said, and the code is 0.`,
    )
    .helpOption('-h, --help', 'this text')
    .exitOverride();
}

function collect<T>(parse: (text: string) => T): (text: string, previous: T[]) => T[] {
  return (text, previous) => [...previous, parse(text)];
}

function condition(text: string): Condition {
  const parsed = parseCondition(text);
  if (parsed) return parsed;
  throw new InvalidArgumentError("write p50, p90, p99 or p99.9, then > and a limit in %, ns, us, ms or s: 'p99>+5%'");
}

function seed(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number');
}

/** Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  const parser = command();
  try {
    parser.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'hopscope-compare-'));
  try {
    return await compare(parser.args as [string, string], parser.opts<CompareFlags>(), folder);
  } catch (error) {
    if (!(error instanceof RecordingError || error instanceof RemoteError)) throw error;
    process.stderr.write(`hopscope compare: ${error.message}\n`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(names: [string, string], flags: CompareFlags, folder: string): Promise<number> {
  const [a, b] = await Promise.all(
    names.map(async (name, i) => {
      const { run, within } = sideOf(name);
      return loadRecording(await fileOf(run, i, flags, folder), within);
    }),
  );
  const comparison = compareRuns(a!, b!, flags);
  const verdicts = verdictsOf(flags.failOn, flags.layer, comparison.shifts);
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...comparison, verdicts })}\n`);
  else process.stdout.write(`${comparisonText(comparison, verdicts).join('\n')}\n`);
  if (comparison.refusals.length > 0) return NOT_COMPARABLE;
  return verdicts.some(({ state }) => state === 'met') ? REGRESSION : 0;
}

/** A file's name may have anything in it. */
function sideOf(name: string): RunStretch {
  const stretch = existsSync(name) ? { run: name, within: undefined } : parseRunStretch(name);
  if (stretch === null) throw new RecordingError(`${name}: a stretch has to end after its begin, as RUN@FROM-TO.`);
  return stretch;
}

async function fileOf(name: string, i: number, { server }: CompareFlags, folder: string): Promise<string> {
  if (existsSync(name)) return name;
  if (/[/\\]|\.parquet$/.test(name)) throw new RecordingError(`there is no file ${name}.`);
  const remote = new RemoteServer(server);
  const file = join(folder, `${i}.parquet`);
  await writeFile(file, await remote.recording(await remote.find(name)));
  return file;
}
