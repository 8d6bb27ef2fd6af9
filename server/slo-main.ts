/** `hopscope slo`: what is promised, whether it is kept, and whether a file of promises is right. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadObjectives, ObjectivesError } from './objectives-file.ts';
import { readObjectives } from './openslo/objectives-text.ts';
import { RemoteError, RemoteServer } from './remote-server.ts';
import { verifyReport } from './report/verify.ts';
import { rulesText } from './slo-rules.ts';
import { checkLines, listLines } from './slo-text.ts';
import type { SloView } from './wire/slo-views.ts';

/** 0 kept, 1 failed, 2 usage, and these: for a pipeline to act on. */
const MISSED = 3;
const NO_DATA = 4;

interface Flags {
  server: string;
  json: boolean;
}

interface Range {
  from?: number;
  to?: number;
}

function command(done: (code: Promise<number>) => void): Command {
  const program = new Command('hopscope slo')
    .description('Objectives of a running server: what is promised, and whether it is kept.')
    .addOption(new Option('--server <url>', 'which server').env('HOPSCOPE_SERVER').default('http://127.0.0.1:7117'))
    .option('--json', "the API's answer, and nothing else, on standard output", false)
    .addHelpText(
      'after',
      `
Exit codes of check: 0 every objective is kept and no alert fires, 1 failed, 2 wrong usage,
${MISSED} an objective is missed or an alert fires, ${NO_DATA} none of that, but one has no data or is not judged.
Exit codes of validate and verify: 0 right, 1 wrong or not to be read.`,
    )
    .helpOption('-h, --help', 'this text')
    .exitOverride();
  const ask = (range: Range) => new RemoteServer(program.opts<Flags>().server).slo(queryOf(range));
  const printed = (view: SloView, lines: (view: SloView) => string[], code = 0) => {
    process.stdout.write(`${program.opts<Flags>().json ? JSON.stringify(view) : lines(view).join('\n')}\n`);
    return code;
  };
  program
    .command('list')
    .description('every objective, in words')
    .action(() => done(ask({}).then((view) => printed(view, listLines))));
  program
    .command('check')
    .description('every objective over its own window, or over another stretch of time')
    .addOption(new Option('--from <time>', 'such as 2026-01-31T10:00Z, or 90m ago as 90m').argParser(moment))
    .addOption(new Option('--to <time>', 'the same (default: now)').argParser(moment))
    .action((range: Range) => done(ask(range).then((view) => printed(view, checkLines, exitCode(view)))));
  program
    .command('report')
    .description('one HTML file: what was slow, whose fault it was, and all that says so')
    .addOption(
      new Option('--from <time>', 'such as 2026-01-31T10:02Z, or how long ago').argParser(moment).makeOptionMandatory(),
    )
    .addOption(new Option('--to <time>', 'the same (default: now)').argParser(moment))
    .option('--objective <id>', 'which one (default: the one that burnt most in that time)')
    .option('-o, --output <file>', 'where to (default: standard output)')
    .action((flags: ReportFlags) => done(report(new RemoteServer(program.opts<Flags>().server), flags)));
  program
    .command('verify <report>')
    .description('whether a report says what its own data says: every number is made again')
    .action((file: string) => done(verify(file)));
  program
    .command('validate <file>')
    .description('whether a file of objectives can be loaded, without a server')
    .action((file: string) => done(validate(file)));
  program
    .command('rules')
    .description('the burn-rate alerts as a rules file for Prometheus, over the counters of /metrics')
    .option('--objectives <file>', 'of this file, without a server')
    .action((flags: { objectives?: string }) => done(rules(flags.objectives, program.opts<Flags>().server)));
  return program;
}

async function rules(file: string | undefined, server: string): Promise<number> {
  const read = file === undefined ? readObjectives(await new RemoteServer(server).objectives()) : null;
  // What a server gives has passed the same reader there.
  if (read?.ok === false) throw new RemoteError(`${server} has objectives of another version: give --objectives FILE.`);
  const { objectives, unjudged } = read?.file ?? loadObjectives(file!);
  for (const { slo, why } of unjudged) process.stderr.write(`${slo}: not judged: ${why}\n`);
  process.stdout.write(rulesText(objectives));
  return 0;
}

interface ReportFlags extends Range {
  objective?: string;
  output?: string;
}

async function report(
  remote: RemoteServer,
  { output, to = Math.ceil(Date.now() / 1000), ...rest }: ReportFlags,
): Promise<number> {
  const html = await remote.sloReport(queryOf({ ...rest, to }));
  if (output === undefined) process.stdout.write(html);
  else await writeFile(output, html);
  return 0;
}

async function verify(file: string): Promise<number> {
  const verified = verifyReport(await readFile(file, 'utf8'));
  const text = verified.ok ? `${file}: every number follows from its data` : `${file}: ${verified.why}`;
  (verified.ok ? process.stdout : process.stderr).write(`${text}\n`);
  return verified.ok ? 0 : 1;
}

/** @returns seconds since the epoch */
function moment(text: string): number {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null)
    return Math.floor(Date.now() / 1000 - Number(ago[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[ago[2] as 's']);
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('write 2026-01-31T10:00Z, or how long ago as 90m');
  return Math.floor(ms / 1000);
}

function queryOf(range: Range | ReportFlags): Record<string, string> {
  return Object.fromEntries(Object.entries(range).map(([name, value]) => [name, String(value)]));
}

function exitCode({ results, unjudged, faults }: SloView): number {
  const isMissed = results.some(
    ({ state, alerts }) => state === 'missed' || alerts.some((alert) => alert.state === 'firing'),
  );
  if (isMissed) return MISSED;
  const isOpen = results.length === 0 || results.some(({ state }) => state === 'no data');
  return isOpen || unjudged.length > 0 || faults.length > 0 ? NO_DATA : 0;
}

async function validate(file: string): Promise<number> {
  const { objectives, unjudged, documents } = loadObjectives(file);
  process.stdout.write(`${file}: ${documents.length} documents, ${objectives.length} objectives\n`);
  for (const { slo, why } of unjudged) process.stdout.write(`${slo}: not judged: ${why}\n`);
  return 0;
}

/** Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  let code: Promise<number> = Promise.resolve(0);
  try {
    command((result) => {
      code = result;
    }).parse(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return await code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isExpected = error instanceof RemoteError || error instanceof ObjectivesError || isFileError(error);
    if (!isExpected) throw error;
    process.stderr.write(`hopscope slo: ${error.message}\n`);
    return 1;
  }
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && 'path' in error;
}
