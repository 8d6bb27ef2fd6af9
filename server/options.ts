/**
 * The flags of `hopscope server`, each with an environment twin. Four steps,
 * before anything opens: parse, validate, resolve the token, freeze.
 */
import { join, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { budget, isOrigin, positive, repeatable, traceUrlFault } from './flag-values.ts';
import { addressUrl, isLocalOnly, type ListenAddress, parseListenAddress } from './listen-address.ts';
import type { Receiver } from './notify/receiver.ts';
import { type ReceiverFlag, receiversOf } from './notify/receiver-flags.ts';
import type { Retention } from './store/upkeep.ts';
import { resolveToken } from './token.ts';
import { TRACE_WORDS } from './wire/settings.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export const LOG_FORMATS = ['auto', 'json', 'text'] as const;

export interface ServerOptions {
  readonly listen: readonly ListenAddress[];
  readonly token: string;
  /** No token was given: the server made one and has to show it. */
  readonly tokenGenerated: boolean;
  readonly run: string;
  readonly allowOrigins: readonly string[];
  /** Beginnings of paths whose requests wait on purpose. */
  readonly longPolls: readonly string[];
  /** A machine that comes back as another one begins no run. */
  readonly keepRun: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
  readonly dashboard: string;
  /** Address of an exchange's trace in the user's own backend, with words in braces; null where there is none. */
  readonly traceUrl: string | null;
  /** What is promised to whom, as OpenSLO; null where nothing is. */
  readonly objectives: string | null;
  /** Who is told of their alerts. */
  readonly receivers: readonly Receiver[];
  /** Address of this server in what it tells others; null: where it listens first. */
  readonly externalUrl: string | null;
  /** Folder of the database that paths and runs are kept in; null keeps them in memory. */
  readonly store: string | null;
  /** How long a store keeps what. */
  readonly retention: Retention;
  /** Requests a second that are stored one by one, slow ones and errors aside; null stores all. */
  readonly rawPerSecond: number | null;
}

/** `exitCode` 0 is `--help`: the text has been printed already. */
export type OptionsResult = { ok: true; options: ServerOptions } | { ok: false; exitCode: number; message: string };

interface Flags {
  listen: string[];
  token?: string;
  tokenFile?: string;
  run: string;
  allowOrigin: string[];
  longPoll: string[];
  keepRun: boolean;
  logLevel: ServerOptions['logLevel'];
  logFormat: ServerOptions['logFormat'];
  dashboard: string;
  objectives?: string;
  notify: string[];
  alertmanager: string[];
  externalUrl?: string;
  store?: string;
  raw: number;
  keepDays?: number;
  keepGib?: number;
  traceUrl?: string;
}

const KEEP_DAYS = 7;
const KEEP_GIB = 10;
const SECONDS_TIMES = 4;
const MINUTES_TIMES = 52;
const DAY_MS = 86_400_000;
const DEFAULT_LISTEN = ['127.0.0.1:7117'];
const DEFAULT_DASHBOARD = join(import.meta.dirname, '..', 'dist', 'dashboard');

function command(): Command {
  const none: string[] = [];
  return new Command('hopscope server')
    .description('Take in what the agents see, join it, and show it: dashboard, API, metrics and live stream.')
    .addOption(
      new Option('--listen <address>', 'host:port, port, or unix:/path; repeatable')
        .env('HOPSCOPE_LISTEN')
        .argParser(repeatable(DEFAULT_LISTEN))
        .default(DEFAULT_LISTEN),
    )
    .addOption(new Option('--token <token>', 'what agents must present; generated if absent').env('HOPSCOPE_TOKEN'))
    .addOption(new Option('--token-file <file>', 'read the token from this file').env('HOPSCOPE_TOKEN_FILE'))
    .addOption(new Option('--run <name>', 'name of the first run').env('HOPSCOPE_RUN').default('live'))
    .addOption(
      new Option('--allow-origin <origin>', 'another origin that may open the live stream; repeatable')
        .env('HOPSCOPE_ALLOW_ORIGIN')
        .argParser(repeatable(none))
        .default(none),
    )
    .addOption(
      new Option('--long-poll <path>', 'requests whose path begins so wait on purpose: not in percentiles; repeatable')
        .env('HOPSCOPE_LONG_POLL')
        .argParser(repeatable(none))
        .default(none),
    )
    .addOption(new Option('--objectives <file>', 'what is promised, as OpenSLO documents').env('HOPSCOPE_OBJECTIVES'))
    .addOption(
      new Option(
        '--notify <url>',
        'post every alert of the objectives there as JSON; @FILE has the address, and a bearer token below; repeatable',
      )
        .env('HOPSCOPE_NOTIFY')
        .argParser(repeatable(none))
        .default(none),
    )
    .addOption(
      new Option('--alertmanager <url>', 'tell an Alertmanager of alerts; @FILE as for --notify; repeatable')
        .env('HOPSCOPE_ALERTMANAGER')
        .argParser(repeatable(none))
        .default(none),
    )
    .addOption(
      new Option('--external-url <url>', 'address of this server in what it tells others').env('HOPSCOPE_EXTERNAL_URL'),
    )
    .addOption(
      new Option('--store <dir>', 'keep paths and runs in a database in this folder; absent: in memory').env(
        'HOPSCOPE_STORE',
      ),
    )
    .addOption(
      new Option(
        '--raw <which>',
        'which requests are stored one by one: all, or budget:N, which is every error, every one above the p99 of the last minute, and a uniform sample of the rest up to N a second',
      )
        .env('HOPSCOPE_RAW')
        .argParser(budget)
        .default(Number.POSITIVE_INFINITY, 'all'),
    )
    .addOption(
      new Option(
        '--keep-days <days>',
        `delete stored requests after so long; roll-ups of seconds are kept ${SECONDS_TIMES} times, those of minutes ${MINUTES_TIMES} times as long, hours for good (default: ${KEEP_DAYS})`,
      )
        .env('HOPSCOPE_KEEP_DAYS')
        .argParser(positive),
    )
    .addOption(
      new Option(
        '--keep-gib <GiB>',
        `delete the oldest stored requests, then roll-ups of seconds, where the store has more than that in use (default: ${KEEP_GIB})`,
      )
        .env('HOPSCOPE_KEEP_GIB')
        .argParser(positive),
    )
    .addOption(
      new Option('--trace-url <url>', `where a request's trace is, with {${TRACE_WORDS.join('}, {')}} filled in`).env(
        'HOPSCOPE_TRACE_URL',
      ),
    )
    .addOption(
      new Option('--keep-run', 'begin no run by itself when a machine comes back with another kernel, driver, …')
        .env('HOPSCOPE_KEEP_RUN')
        .default(false),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to log')
        .env('HOPSCOPE_LOG_LEVEL')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addOption(
      new Option('--log-format <format>', 'auto is text on a terminal, JSON elsewhere')
        .env('HOPSCOPE_LOG_FORMAT')
        .choices(LOG_FORMATS)
        .default('auto'),
    )
    .addOption(
      new Option('--dashboard <dir>', 'the built dashboard').env('HOPSCOPE_DASHBOARD').default(DEFAULT_DASHBOARD),
    )
    .allowExcessArguments(false)
    .showSuggestionAfterError(true);
}

function usage(message: string): OptionsResult {
  return { ok: false, exitCode: 2, message };
}

/** @param args without the program's name; absent flags are looked up in `process.env` */
export function parseOptions(args: readonly string[]): OptionsResult {
  const parser = command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    parser.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { ok: false, exitCode: 0, message: '' };
    return usage(`${error.message.replace(/^error: /, '')}\nSee hopscope server --help for the flags.`);
  }
  return validate(parser.opts<Flags>(), (flag) => parser.getOptionValueSource(flag) === 'cli');
}

/** @param isSeen whether a flag was typed where others can read it */
function validate(flags: Flags, isSeen: (flag: ReceiverFlag) => boolean): OptionsResult {
  const listen = flags.listen.map(parseListenAddress);
  const bad = listen.indexOf(null);
  if (bad >= 0) {
    return usage(`--listen ${flags.listen[bad]} is not an address. Write host:port, [v6]:port, port or unix:/path.`);
  }
  if (!/^[\w .:-]{1,64}$/.test(flags.run)) {
    return usage('--run takes 1 to 64 letters, digits, spaces, dots, colons, dashes or underscores.');
  }
  const foreign = flags.allowOrigin.find((o) => !isOrigin(o));
  if (foreign !== undefined) {
    return usage(`--allow-origin ${foreign} is not an origin. Write scheme://host[:port], without a path.`);
  }
  const nowhere = flags.longPoll.find((path) => !/^\/[\x21-\x7e]{0,62}$/.test(path));
  if (nowhere !== undefined) {
    return usage(
      `--long-poll ${nowhere} is not the beginning of a path. Write /path, at most 63 characters, no query.`,
    );
  }
  if (flags.store === '') return usage('--store is empty. Give a folder, or leave it away to keep paths in memory.');
  if (flags.store === undefined && isKeepGiven(flags)) {
    return usage(
      '--keep-days, --keep-gib and --raw are for what --store keeps. Give it a folder; memory has the newest.',
    );
  }
  const trace = flags.traceUrl === undefined ? null : traceUrlFault(flags.traceUrl);
  if (trace !== null) return usage(`--trace-url ${flags.traceUrl} ${trace}`);
  const { receivers, fault } = receiversOf(flags, isSeen);
  if (fault !== null) return usage(fault);
  if (flags.externalUrl !== undefined && !/^https?:/.test(flags.externalUrl)) {
    return usage(`--external-url ${flags.externalUrl} is no address. Write http://… or https://….`);
  }
  const token = resolveToken(flags);
  if (!token.ok) return usage(token.message);
  const addresses = listen as ListenAddress[];
  const open = addresses.find((a) => !isLocalOnly(a));
  if (open !== undefined && token.generated) {
    return usage(
      `${addressUrl(open)} can be reached from other machines, so the token must be yours: ` +
        'give --token-file FILE (or HOPSCOPE_TOKEN), or listen on 127.0.0.1.',
    );
  }
  return {
    ok: true,
    options: Object.freeze({
      listen: Object.freeze(addresses),
      token: token.token,
      tokenGenerated: token.generated,
      run: flags.run,
      allowOrigins: Object.freeze([...flags.allowOrigin]),
      longPolls: Object.freeze([...flags.longPoll]),
      keepRun: flags.keepRun,
      logLevel: flags.logLevel,
      logFormat: flags.logFormat,
      dashboard: resolve(flags.dashboard),
      traceUrl: flags.traceUrl ?? null,
      objectives: flags.objectives === undefined ? null : resolve(flags.objectives),
      receivers: Object.freeze(receivers),
      externalUrl: flags.externalUrl ?? null,
      store: flags.store === undefined ? null : resolve(flags.store),
      retention: retentionOf(flags),
      rawPerSecond: Number.isFinite(flags.raw) ? flags.raw : null,
    }),
  };
}

function isKeepGiven({ keepDays, keepGib, raw }: Flags): boolean {
  return keepDays !== undefined || keepGib !== undefined || Number.isFinite(raw);
}

function retentionOf({ keepDays = KEEP_DAYS, keepGib = KEEP_GIB }: Flags): Retention {
  const paths = keepDays * DAY_MS;
  const keepMs = { paths, seconds: SECONDS_TIMES * paths, minutes: MINUTES_TIMES * paths };
  return Object.freeze({ keepMs: Object.freeze(keepMs), maxBytes: keepGib * 2 ** 30 });
}
