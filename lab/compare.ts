/** `hopscope lab compare`: the same load by one NIC and the other, or at one guest and the other, in blocks that take turns. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../server/wire/views.ts';
import { BlockRuns, type RecordedVariant, told } from './block-runs.ts';
import type { Lab } from './booted-lab.ts';
import { LabError } from './command.ts';
import { blockOrder } from './compare-blocks.ts';
import { withGuests } from './compare-guests.ts';
import { type CompareOptions, parseCompareOptions } from './compare-options.ts';
import { allJoined } from './last-records.ts';
import { nicsTable } from './nics.ts';
import { seededRandom } from './plant-blocks.ts';
import type { RestingLabs } from './resting-labs.ts';
import { labSession } from './session.ts';
import { loadText } from './table.ts';
import { type Variant, variantsOf } from './variants.ts';

const FRONT_DOOR = join(import.meta.dirname, '../hopscope.ts');
const COMMAND = 'hopscope lab compare';

/** Resolves with the exit code: that of `hopscope compare` where the load went through. */
export async function compare(args: string[]): Promise<number> {
  const parsed = parseCompareOptions(args);
  if (!parsed.ok) return parsed.exitCode;
  const { options } = parsed;
  const variants = variantsOf(options);
  return labSession(COMMAND, `sudo npx ${COMMAND} …`, ({ stop }) =>
    withGuests(options, variants, stop, async (labs) => {
      announce(labs);
      const blocks = await record(labs, options, variants, stop.signal);
      const recorded = variants.map((variant) => blocks.recorded.get(variant)!);
      await show(recorded, blocks.resting, options);
      return compareRecordings(await recordings(recorded, options), options, stop.signal);
    }),
  );
}

function announce(labs: ReadonlyMap<Variant, Lab>): void {
  for (const lab of new Set(labs.values())) {
    const names = [...labs].flatMap(([{ name }, its]) => (its === lab ? name : []));
    lab.say(`dashboard: ${lab.api.url} (${names.join(', ')})`);
  }
}

/** Drives all blocks; in the end every variant has a run, with all its records in. */
async function record(
  labs: ReadonlyMap<Variant, Lab>,
  options: CompareOptions,
  variants: readonly Variant[],
  signal: AbortSignal,
): Promise<BlockRuns> {
  const order = blockOrder(variants.length, options.rounds, seededRandom(options.seed));
  const blocks = await BlockRuns.start(labs, options, signal);
  try {
    await blocks.drive(order.map((variant) => variants[variant]!));
  } finally {
    blocks.end();
  }
  for (const { lab, run, load } of blocks.recorded.values()) await allJoined(lab.api, run, load.answered, signal);
  return blocks;
}

/** All runs side by side, before the statistics. */
async function show(recorded: RecordedVariant[], resting: RestingLabs, { json }: CompareOptions): Promise<void> {
  const summaries = new Map<string, Summary>();
  for (const { variant, lab, run } of recorded) summaries.set(variant.name, told(await lab.api.summary(run)));
  const loads = recorded.map(({ variant, lab, load }) => {
    const cpus = resting.cpusOf(lab);
    const rest = cpus === null ? '' : `; ${cpus.toFixed(3)} CPUs while another one was asked`;
    return `${variant.name}: ${loadText(load).trim()}${rest}`;
  });
  (json ? process.stderr : process.stdout).write(`${[...nicsTable(summaries), ...loads].join('\n')}\n\n`);
}

/** The runs as files, in the order of the variants. */
async function recordings(recorded: RecordedVariant[], { artifacts }: CompareOptions): Promise<string[]> {
  const files: string[] = [];
  for (const { variant, lab, run } of recorded) {
    const bytes = await lab.api.recording(run);
    if (bytes === null) {
      throw new LabError(`The server gave no recording of ${variant.name}: its log in ${lab.logsDir} has the reason.`);
    }
    const file = join(artifacts ?? lab.state.dir, `${variant.name}.parquet`);
    writeFileSync(file, bytes);
    files.push(file);
  }
  return files;
}

/** Hands the first recording and each other one to `hopscope compare`; resolves with the worst of its exit codes. */
async function compareRecordings(
  [first, ...others]: string[],
  { compareFlags }: CompareOptions,
  signal: AbortSignal,
): Promise<number> {
  let worst = 0;
  for (const other of others) {
    const words = [FRONT_DOOR, 'compare', first!, other, ...compareFlags];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'], signal });
    child.on('error', () => {});
    const [code] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    worst = Math.max(worst, code ?? 1);
  }
  return worst;
}
