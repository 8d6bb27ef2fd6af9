/** `hopscope lab nics`: the same guest and load with each network card in turn, side by side. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Summary } from '../server/wire/views.ts';
import { columnsTable } from './columns.ts';
import { isNicModel, NIC_MODELS, type NicModel } from './nic-models.ts';
import { formatNs } from './table.ts';

const FRONT_DOOR = join(import.meta.dirname, '../hopscope.ts');

export interface NicsOptions {
  models: NicModel[];
  /** Flags handed on to each `hopscope up`. */
  upFlags: string[];
  json: boolean;
}

function parseModels(list: string): NicModel[] {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isNicModel(name));
  if (unknown === undefined) return names as NicModel[];
  throw new InvalidArgumentError(`no NIC "${unknown}" here. There are: ${Object.keys(NIC_MODELS).join(', ')}`);
}

/** Parses the words after `hopscope lab nics`; wrong ones are explained on standard error (exit code 2). */
export function parseNicsOptions(
  args: readonly string[],
): { ok: true; options: NicsOptions } | { ok: false; exitCode: number } {
  const parser = new Command('hopscope lab nics')
    .description('Boot the guest with each NIC model, drive the same load, print the layers side by side.')
    .addOption(
      new Option('--models <list>', 'which, by commas').argParser(parseModels).default(Object.keys(NIC_MODELS)),
    )
    .option('--rate <n>', 'requests a second', '100')
    .option('--duration <time>', 'of load for each model', '10s')
    .option('--path <path>', 'what to ask for', '/')
    .option('--port-http <port>', 'for each run in turn', '7117')
    .option('--json', 'print the summaries as one JSON object, keyed by model', false)
    .helpOption('-h, --help', 'this text')
    .exitOverride();
  try {
    parser.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { ok: false, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const { models, json, rate, duration, path, portHttp } = parser.opts();
  const upFlags = ['--rate', rate, '--duration', duration, '--path', path, '--port-http', portHttp];
  return { ok: true, options: { models, json, upFlags } };
}

/** Resolves with the exit code: that of the first run that failed, else 0. */
export async function nics(args: string[]): Promise<number> {
  const parsed = parseNicsOptions(args);
  if (!parsed.ok) return parsed.exitCode;
  const { models, json, upFlags } = parsed.options;
  const summaries = new Map<NicModel, Summary>();
  for (const [index, model] of models.entries()) {
    console.error(`hopscope: ${model} (${index + 1} of ${models.length})`);
    const run = await runUp(['--nic', model, ...upFlags]);
    if (run.code !== 0) return run.code;
    summaries.set(model, JSON.parse(run.stdout) as Summary);
  }
  if (json) process.stdout.write(`${JSON.stringify(Object.fromEntries(summaries))}\n`);
  else process.stdout.write(`${nicsTable(summaries).join('\n')}\n`);
  return 0;
}

/** A run as a user starts it; its progress stays visible. Signals of the terminal reach it by themselves. */
async function runUp(flags: string[]): Promise<{ code: number; stdout: string }> {
  const words = [FRONT_DOOR, 'up', '--no-browser', '--json', ...flags];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const forward = () => child.kill('SIGTERM');
  process.once('SIGTERM', forward).on('SIGINT', ignore);
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  process.off('SIGTERM', forward).off('SIGINT', ignore);
  return { code: (code as number | null) ?? 1, stdout };
}

function ignore(): void {}

/** Layers down, models across: p50 and p99 of each. */
export function nicsTable(summaries: ReadonlyMap<string, Summary>): string[] {
  return columnsTable(summaries, [
    ['± of vnic', ...[...summaries.values()].map(({ clock }) => formatNs(clock.boundNs))],
  ]);
}
