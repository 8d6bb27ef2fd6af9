/** `hopscope runs`, `hopscope run`: what a running server has on record, and changing it. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, CommanderError, Option } from 'commander';
import { duration } from './compare/sentence.ts';
import { RemoteError, RemoteServer, type RunChange } from './remote-server.ts';
import type { RunInfo, Summary } from './wire/views.ts';

interface ServerFlags {
  server: string;
  token?: string;
  json: boolean;
}

function command(done: (code: Promise<number>) => void): Command {
  const program = new Command('hopscope runs')
    .description('What a running server has on record. Without a word: the list.')
    .addOption(new Option('--server <url>', 'which server').env('HOPSCOPE_SERVER').default('http://127.0.0.1:7117'))
    .addOption(new Option('--token <token>', "the agents', for what changes something").env('HOPSCOPE_TOKEN'))
    .option('--json', "the API's answer, and nothing else, on standard output", false)
    .helpOption('-h, --help', 'this text')
    .exitOverride();
  const remote = () => new RemoteServer(program.opts<ServerFlags>().server, program.opts<ServerFlags>().token);
  const print = (value: unknown, lines: () => string[]) => {
    process.stdout.write(`${program.opts<ServerFlags>().json ? JSON.stringify(value) : lines().join('\n')}\n`);
    return 0;
  };
  program
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--limit <n>', 'so many of them', '32')
    .option('--before <run>', 'only those before this one, by its id')
    .action((query: Record<string, string>) =>
      done(
        remote()
          .runs(query)
          .then(({ runs, total }) => print(runs, () => [...listLines(runs), ...moreLines(runs, total)])),
      ),
    );
  program
    .command('show <run>')
    .description('the summary of a run, by its id or name')
    .action((name: string) =>
      done(show(remote(), name).then((summary) => print(summary, () => summaryLines(summary)))),
    );
  program
    .command('start <name>')
    .description('begin a run: what comes from now on belongs to it')
    .action((name: string) =>
      done(
        remote()
          .start(name)
          .then((run) => print(run, () => [`run ${run.id} has begun`])),
      ),
    );
  program
    .command('end <run>')
    .description('end a run')
    .action((name: string) => done(end(remote(), name).then((summary) => print(summary, () => summaryLines(summary)))));
  program
    .command('rename <run> <name>')
    .description('give a run another name')
    .action((run: string, name: string) =>
      done(change(remote(), run, { name }).then((info) => print(info, () => [`run ${info.id} is ${info.name}`]))),
    );
  program
    .command('note <run> <text>')
    .description('write something down beside a run')
    .action((run: string, note: string) =>
      done(
        change(remote(), run, { note }).then((info) =>
          print(info, () => [`run ${info.id} has ${info.notes.length} notes`]),
        ),
      ),
    );
  program
    .command('label <run> <labels...>')
    .description('key=value: replaces the labels that were there')
    .action((run: string, pairs: string[]) =>
      done(
        change(remote(), run, { labels: labelsOf(pairs) }).then((info) =>
          print(info, () => [`run ${info.id}: ${pairs.join(' ')}`]),
        ),
      ),
    );
  program
    .command('delete <run>')
    .description('forget a run and its requests')
    .action((name: string) =>
      done(remove(remote(), name).then(({ id }) => print({ deleted: id }, () => [`run ${id} is gone`]))),
    );
  program
    .command('import <file>')
    .description('bring in a run that was exported, here or elsewhere')
    .action((file: string) =>
      done(
        bringIn(remote(), file).then((run) =>
          print(run, () => [`run ${run.id}, ${run.name}: ${run.exchanges} requests`]),
        ),
      ),
    );
  program
    .command('export <run> <file>')
    .description('write a run to one Parquet file')
    .action((name: string, file: string) =>
      done(
        save(remote(), name, file).then(({ bytes, run }) =>
          print({ file, bytes }, () => [`${file}: ${bytes} bytes`, ...coverageLines(run)]),
        ),
      ),
    );
  for (const each of program.commands) each.exitOverride();
  return program;
}

/** Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  let code: Promise<number> = Promise.resolve(0);
  try {
    const program = command((result) => {
      code = result;
    });
    program.parse(args, { from: 'user' });
    return await code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof RemoteError)) throw error;
    process.stderr.write(`hopscope runs: ${error.message}\n`);
    return 1;
  }
}

async function show(server: RemoteServer, name: string): Promise<Summary> {
  return server.summary(await server.find(name));
}

async function end(server: RemoteServer, name: string): Promise<Summary> {
  return server.end(await server.find(name));
}

async function change(server: RemoteServer, name: string, what: RunChange): Promise<RunInfo> {
  return server.change(await server.find(name), what);
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  const wrong = pairs.find((pair) => !/^[^=]+=/.test(pair));
  if (wrong !== undefined) throw new RemoteError(`${wrong} is no label. Write key=value.`);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

async function remove(server: RemoteServer, name: string): Promise<RunInfo> {
  const run = await server.find(name);
  await server.delete(run);
  return run;
}

async function bringIn(server: RemoteServer, file: string): Promise<RunInfo> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (error) {
    throw new RemoteError(`${file} cannot be read: ${(error as Error).message}`);
  }
  return server.import(bytes);
}

async function save(server: RemoteServer, name: string, file: string): Promise<{ bytes: number; run: RunInfo }> {
  const run = await server.find(name);
  const bytes = await server.recording(run);
  try {
    await writeFile(file, bytes);
  } catch (error) {
    throw new RemoteError(`${file} cannot be written: ${(error as Error).message}`);
  }
  return { bytes: bytes.length, run };
}

function listLines(runs: readonly RunInfo[]): string[] {
  const rows = runs.map(({ id, name, startedMs, endedMs, exchanges, recordedMs, pruned, sampled }) => [
    id,
    name,
    new Date(recordedMs ?? startedMs).toISOString().slice(0, 19).replace('T', ' '),
    recordedMs !== null ? 'recording' : endedMs === null ? 'open' : duration((endedMs - startedMs) * 1e6),
    `${exchanges}${pruned || sampled ? ' (not all kept)' : ''}`,
  ]);
  const all = [['id', 'name', 'started (UTC)', 'length', 'requests'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row.map((text, i) => (i > 2 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join('  '),
  );
}

function moreLines(runs: readonly RunInfo[], total: number): string[] {
  const last = runs.at(-1);
  if (last === undefined || runs.length === total) return [];
  return [`${runs.length} of ${total} runs; those before them: hopscope runs list --before ${last.id}`];
}

function summaryLines({ run, exchanges, endToEnd, layers, provenance: { guest } }: Summary): string[] {
  const time = (ns: number | null) => (ns === null ? '–' : duration(ns)).padStart(9);
  const row = (name: string, { p50, p90, p99 }: { p50: number | null; p90: number | null; p99: number | null }) =>
    `  ${name.padEnd(12)}${time(p50)}${time(p90)}${time(p99)}`;
  const machine = [guest?.nicModel, guest?.driver, guest?.accelerator, guest?.kernel].filter(Boolean).join(', ');
  return [
    `run ${run.id}, ${run.name}: ${exchanges.joined} joined, ${exchanges.complete} complete${machine ? `; ${machine}` : ''}`,
    `  ${'layer'.padEnd(12)}${'p50'.padStart(9)}${'p90'.padStart(9)}${'p99'.padStart(9)}`,
    ...layers.filter(({ of, count }) => of === null && count > 0).map((layer) => row(layer.layer, layer)),
    row('end to end', endToEnd),
    ...coverageLines(run),
  ];
}

/** What the numbers are of, and what is left one by one. */
export function coverageLines({ name, pruned, sampled }: RunInfo): string[] {
  const gone = pruned && `${pruned.paths} deleted by age or size, up to ${new Date(pruned.untilMs).toISOString()}`;
  const kept =
    sampled &&
    `of ${sampled.of}, ${sampled.slow} slow ones, ${sampled.errors} errors and a sample of ${sampled.sample} were kept`;
  const what = [kept, gone].filter(Boolean).join('; ');
  return what === '' ? [] : [`${name}: these numbers are of all its requests; not all are kept one by one: ${what}`];
}
