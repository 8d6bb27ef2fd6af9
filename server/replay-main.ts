/** `hopscope replay FILE…`: a server whose runs come from recordings. */
import { existsSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { isListenError, listenFailure } from './listen.ts';
import { addressUrl, type ListenAddress } from './listen-address.ts';
import { makeLog } from './log.ts';
import { parseOptions, type ServerOptions } from './options.ts';
import { aboutRecording } from './recordings.ts';
import { importRecording, replay } from './replay.ts';
import { type RunningServer, startServer } from './server.ts';
import { RecordingError } from './store/recording.ts';
import { summarise } from './summary.ts';

interface ReplayFlags {
  speed: number;
  listen: string;
  json: boolean;
}

function command(): Command {
  return new Command('hopscope replay')
    .description('Show recordings in the dashboard and the API as if they happened now: no VM, no agent, no root.')
    .argument(
      '<files...>',
      'recordings, as hopscope runs export writes them; the last one is played, the others are there at once',
    )
    .addOption(new Option('--speed <n>', '1 is as fast as it was; max is all at once').argParser(speed).default(1))
    .option('--listen <address>', 'host:port, port, or unix:/path', '127.0.0.1:7117')
    .option('--json', "print the last recording's summary when all is in, as one JSON object, and end", false)
    .helpOption('-h, --help', 'this text')
    .exitOverride();
}

function speed(text: string): number {
  if (text === 'max') return Infinity;
  const value = Number(text);
  if (value >= 0.01 && value <= 10_000) return value;
  throw new InvalidArgumentError('a number between 0.01 and 10000, or max');
}

/** Serves until a signal (with --json until all is in). @returns the exit code */
export async function main(args: string[]): Promise<number> {
  const parser = command();
  try {
    parser.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const flags = parser.opts<ReplayFlags>();
  const parsed = parseOptions(['--listen', flags.listen, '--run', 'before the recording', '--log-level', 'warn']);
  if (!parsed.ok) return fail(parsed.message, 2);
  try {
    for (const file of parser.args) await readable(file);
    return await serve(parser.args, flags, { ...parsed.options, store: null });
  } catch (error) {
    if (error instanceof RecordingError) return fail(error.message, 1);
    if (isListenError(error)) return fail(listenFailure(error), 1);
    throw error;
  }
}

function fail(message: string, code: number): number {
  process.stderr.write(`hopscope replay: ${message}\n`);
  return code;
}

/** All of them, before anything starts. */
async function readable(file: string): Promise<void> {
  if (!existsSync(file)) throw new RecordingError(`there is no file ${file}.`);
  await aboutRecording(file);
}

async function serve(files: readonly string[], flags: ReplayFlags, options: ServerOptions): Promise<number> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const server = await startServer(options, { log: makeLog(options), now: Date.now });
  try {
    announce(server, files);
    const last = await playAll(server, files, flags.speed, ending.signal);
    if (flags.json) process.stdout.write(`${JSON.stringify(summarise(last, server.pipeline))}\n`);
    else if (!ending.signal.aborted) await new Promise((resolve) => ending.signal.addEventListener('abort', resolve));
    return 0;
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    await server.close();
  }
}

function announce({ addresses: [address] }: RunningServer, files: readonly string[]): void {
  const what = files.length === 1 ? 'a recording' : `${files.length} recordings`;
  process.stderr.write(`hopscope: replaying ${what} at ${addressUrl(address as ListenAddress)}\n`);
}

async function playAll({ pipeline }: RunningServer, files: readonly string[], speed: number, signal: AbortSignal) {
  for (const file of files.slice(0, -1)) await importRecording(pipeline, file);
  return replay(pipeline, { file: files.at(-1)!, speed, signal });
}
