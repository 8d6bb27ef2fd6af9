/** `hopscope history`: one number over many runs, and where it changed for good. */
import { existsSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { type ChangePoint, changePoints } from './compare/change-points.ts';
import { duration } from './compare/sentence.ts';
import { aboutRecording } from './recordings.ts';
import { RemoteError, RemoteServer } from './remote-server.ts';
import { coverageLines } from './runs-main.ts';
import { RecordingError } from './store/recording.ts';
import type { Quantiles, Summary } from './wire/views.ts';

interface HistoryFlags {
  server: string;
  label: string[];
  layer: string;
  quantile: 'p50' | 'p90' | 'p99' | 'p999';
  json: boolean;
}

export interface HistoryRow {
  run: string;
  name: string;
  startedMs: number;
  requests: number;
  ns: number;
}

function command(): Command {
  return new Command('hopscope history')
    .description('One number over many runs, oldest first, and where it changed for good.')
    .argument('[files...]', "recordings; without any, the server's runs")
    .option('--label <key=value>', 'only runs that carry it; repeatable', (text, all: string[]) => [...all, text], [])
    .option('--layer <layer>', 'which time', 'end to end')
    .addOption(new Option('--quantile <which>', 'of it').choices(['p50', 'p90', 'p99', 'p999']).default('p50'))
    .addOption(new Option('--server <url>', 'which server').env('HOPSCOPE_SERVER').default('http://127.0.0.1:7117'))
    .option('--json', 'print one JSON object', false)
    .helpOption('-h, --help', 'this text')
    .exitOverride();
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
  const flags = parser.opts<HistoryFlags>();
  try {
    const summaries = parser.args.length > 0 ? await recorded(parser.args) : await kept(flags.server);
    const rows = rowsOf(summaries, flags);
    const points = changePoints(rows.map(({ ns }) => ns));
    const { layer, quantile } = flags;
    if (flags.json) process.stdout.write(`${JSON.stringify({ layer, quantile, runs: rows, changes: points })}\n`);
    else
      process.stdout.write(
        `${[...lines(rows, points, flags), ...summaries.flatMap(({ run }) => coverageLines(run))].join('\n')}\n`,
      );
    return 0;
  } catch (error) {
    if (!(error instanceof RemoteError || error instanceof RecordingError)) throw error;
    process.stderr.write(`hopscope history: ${error.message}\n`);
    return 1;
  }
}

async function recorded(files: readonly string[]): Promise<Summary[]> {
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new RecordingError(`there is no file ${missing}.`);
  return Promise.all(files.map(async (file) => (await aboutRecording(file)).summary));
}

async function kept(url: string): Promise<Summary[]> {
  const server = new RemoteServer(url);
  const summaries: Summary[] = [];
  for await (const run of server.allRuns()) summaries.push(await server.summary(run));
  return summaries;
}

/** Oldest first; runs without the number are left out. */
function rowsOf(summaries: readonly Summary[], { label, layer, quantile }: HistoryFlags): HistoryRow[] {
  const isAsked = ({ run }: Summary) =>
    label.every((pair) => run.labels[pair.slice(0, pair.indexOf('='))] === pair.slice(pair.indexOf('=') + 1));
  return summaries
    .filter(isAsked)
    .flatMap((summary) => {
      const { run, endToEnd } = summary;
      const ns = timesOf(summary, layer)[quantile];
      const startedMs = run.recordedMs ?? run.startedMs;
      return ns === null ? [] : [{ run: run.id, name: run.name, startedMs, requests: endToEnd.count, ns }];
    })
    .sort((a, b) => a.startedMs - b.startedMs);
}

/** Throws where there is no such layer. */
function timesOf({ endToEnd, vnicRoundTrip, layers }: Summary, layer: string): Quantiles {
  if (layer === 'end to end') return endToEnd;
  if (layer === 'vnic both') return vnicRoundTrip;
  const found = layers.find((each) => each.layer === layer);
  if (found) return found;
  const names = ['end to end', 'vnic both', ...layers.map((each) => each.layer)];
  throw new RecordingError(`there is no layer ${layer}. There are: ${names.join(', ')}.`);
}

function lines(rows: readonly HistoryRow[], points: readonly ChangePoint[], flags: HistoryFlags): string[] {
  const changeAt = new Map(points.map((point) => [point.at, point]));
  const width = Math.max(4, ...rows.map(({ name }) => name.length));
  const body = rows.flatMap(({ run, name, startedMs, requests, ns }, i) => {
    const when = new Date(startedMs).toISOString().slice(0, 19).replace('T', ' ');
    const line = `${when}  ${run.padEnd(10)}  ${name.padEnd(width)}  ${String(requests).padStart(8)}  ${duration(ns).padStart(9)}`;
    const change = changeAt.get(i);
    return change ? [changeLine(change), line] : [line];
  });
  const told = points.length === 0 ? 'no change that stayed' : `${points.length} of them changed it for good`;
  return [...body, `${flags.quantile} of ${flags.layer} over ${rows.length} runs: ${told}`];
}

function changeLine({ before, after, p }: ChangePoint): string {
  const percent = ((after / before - 1) * 100).toFixed(1);
  return `--- from here on ${after > before ? '+' : ''}${percent} %: ${duration(before)} to ${duration(after)} (p = ${p.toFixed(3)})`;
}
