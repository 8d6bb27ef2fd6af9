/** `hopscope lab compare`: the same load by one NIC and the other, or at one guest and the other, in blocks that take turns. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../server/wire/views.ts';
import { BlockRuns, type RecordedVariant, told } from './block-runs.ts';
import { type Lab, type LabPlan, withLab } from './booted-lab.ts';
import { LabError } from './command.ts';
import { blockOrder } from './compare-blocks.ts';
import { type CompareOptions, parseCompareOptions } from './compare-options.ts';
import { type LabVm, ONLY_VM } from './lab-vm.ts';
import { allJoined } from './last-records.ts';
import { nicsTable } from './nics.ts';
import { seededRandom } from './plant-blocks.ts';
import { labSession } from './session.ts';
import { loadText } from './table.ts';
import { needsBoots, type Variant, variantsOf } from './variants.ts';

const FRONT_DOOR = join(import.meta.dirname, '../hopscope.ts');
const COMMAND = 'hopscope lab compare';

/** Resolves with the exit code: that of `hopscope compare` where the load went through. */
export async function compare(args: string[]): Promise<number> {
  const parsed = parseCompareOptions(args);
  if (!parsed.ok) return parsed.exitCode;
  const { options } = parsed;
  const variants = variantsOf(options);
  return labSession(COMMAND, `sudo npx ${COMMAND} …`, ({ stop }) =>
    withLab(planOf(options, variants), stop, async (lab) => {
      lab.say(`dashboard: ${lab.api.url}`);
      const recorded = await record(lab, options, variants, stop.signal);
      await show(lab, recorded, options);
      return compareRecordings(await recordings(lab, recorded, options), options, stop.signal);
    }),
  );
}

function planOf(options: CompareOptions, variants: readonly Variant[]): LabPlan {
  const { port, path, artifacts } = options;
  return {
    ...{ vms: vmsOf(options, variants), inTurn: true, port, artifacts, firstRun: 'between the blocks' },
    ...{ accel: 'auto', kernel: '6.1', image: 'standard', uplink: 'channel', shell: false },
    ...{ servicePorts: [80], skipProbes: '', app: path.startsWith('/app/') },
  };
}

/**
 * One guest with all the NICs; or, where a value can only be had by a boot, a guest for each. Those are booted
 * together and stay: the load goes from one to the other within a second, so what drifts meets both, and six rounds
 * are over in three minutes. A boot for each block, twenty seconds and more under emulation, would leave time for
 * two or three rounds. They are on one bridge with one host agent: of two, the later one's tracepoint program runs
 * after the other's, and its `nic.out` is a microsecond longer. How boots of the same guest differ is in no interval
 * then: the comparison says so.
 */
function vmsOf(options: CompareOptions, variants: readonly Variant[]): LabVm[] {
  if (needsBoots(options)) return variants.map(({ name, nic, boot }) => ({ name, nics: [nic], boot }));
  return [{ name: ONLY_VM, nics: variants.map(({ nic }) => nic), boot: variants[0]!.boot }];
}

/** Drives all blocks and resolves with a run for each variant, all its records in. */
async function record(
  lab: Lab,
  options: CompareOptions,
  variants: readonly Variant[],
  signal: AbortSignal,
): Promise<RecordedVariant[]> {
  const order = blockOrder(variants.length, options.rounds, seededRandom(options.seed));
  const blocks = await BlockRuns.start(lab, options, signal);
  try {
    await blocks.drive(order.map((variant) => variants[variant]!));
  } finally {
    blocks.end();
  }
  const recorded = variants.map((variant) => blocks.recorded(variant));
  for (const { run, load } of recorded) await allJoined(lab.api, run, load.answered, signal);
  return recorded;
}

/** All runs side by side, before the statistics. */
async function show({ api }: Lab, recorded: RecordedVariant[], { json }: CompareOptions): Promise<void> {
  const summaries = new Map<string, Summary>();
  for (const { variant, run } of recorded) summaries.set(variant.name, told(await api.summary(run)));
  const loads = recorded.map(
    ({ variant, load, restingCpus }) => `${variant.name}: ${loadText(load).trim()}${restText(restingCpus)}`,
  );
  (json ? process.stderr : process.stdout).write(`${[...nicsTable(summaries), ...loads].join('\n')}\n\n`);
}

/** What a guest costs that is booted and not asked. */
function restText(cpus: number | null): string {
  return cpus === null ? '' : `; its guest takes ${cpus.toFixed(3)} CPUs while another one is asked`;
}

/** The runs as files, in the order of the variants. */
async function recordings(lab: Lab, recorded: RecordedVariant[], { artifacts }: CompareOptions): Promise<string[]> {
  const files: string[] = [];
  for (const { variant, run } of recorded) {
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
