/** `hopscope lab plant`: plants a known delay in one layer of a real run, or a CPU hog, and shows whether Hopscope finds it. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LabError } from './command.ts';
import { between, parseNic } from './flag-values.ts';
import type { NicModel } from './nic-models.ts';
import { blockPattern, seededRandom } from './plant-blocks.ts';
import { CPU_LAYERS, type CpuLayer, type CpuPlantOptions, HOG_VMS, plantCpu } from './plant-cpu.ts';
import { CANNOT_BE_PLANTED, isPlantLayer, PLANT_LAYERS, PLANT_POINTS, type PlantLayer } from './plant-points.ts';
import { type Shifts, shiftsOf, verdictOf } from './plant-verdict.ts';
import { Planter } from './planter.ts';
import { formatNs } from './table.ts';

export interface PlantOptions {
  layer: PlantLayer;
  delayNs: number;
  nic: NicModel;
  rate: number;
  pairs: number;
  port: number;
  json: boolean;
}

const BLOCK_MS = 300;
/** The planter's map has a bit for each block. */
const MOST_PAIRS = 32;
const MOST_DELAY_MS = 20;
/** A held request must be gone before the next one comes. */
const MOST_RATE = 40;

function isCpuLayer(name: string): name is CpuLayer {
  return CPU_LAYERS.some((layer) => layer === name);
}

function parseLayer(name: string): PlantLayer | CpuLayer {
  if (isPlantLayer(name) || isCpuLayer(name)) return name;
  const why = CANNOT_BE_PLANTED[name];
  if (why) throw new InvalidArgumentError(`it cannot be planted here (${why})`);
  throw new InvalidArgumentError(`there is no such layer. There are: ${[...PLANT_LAYERS, ...CPU_LAYERS].join(', ')}`);
}

/** Parses the words after `hopscope lab plant`; wrong ones are explained on standard error (exit code 2). */
export function parsePlantOptions(
  args: readonly string[],
): { ok: true; options: PlantOptions | CpuPlantOptions } | { ok: false; exitCode: number } {
  const parser = new Command('hopscope lab plant')
    .description(
      'Boot a guest, plant a delay in one layer in short blocks, print what Hopscope makes of it. ' +
        'With host.cpu or guest.cpu: boot two, plant a CPU hog on the host or in one of them.',
    )
    .addOption(
      new Option('--layer <layer>', [...PLANT_LAYERS, ...CPU_LAYERS].join(', '))
        .argParser(parseLayer)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--delay <ms>', `of a layer, up to ${MOST_DELAY_MS}`).argParser(between(0.01, MOST_DELAY_MS)))
    .addOption(new Option('--vm <name>', 'where the hog of guest.cpu is (default: vm1)').choices(HOG_VMS))
    .addOption(new Option('--nic <model>', 'network card of the guest').argParser(parseNic).default('virtio-net-pci'))
    .addOption(new Option('--rate <n>', 'requests a second').argParser(between(1, MOST_RATE)).default(20))
    .addOption(
      new Option(
        '--pairs <n>',
        `of a planted and a clean block of ${BLOCK_MS} ms (default: 20; of a hog's, which are longer, 3)`,
      ).argParser((text) => Math.round(between(2, MOST_PAIRS)(text))),
    )
    .addOption(new Option('--port-http <port>', 'for the run').argParser(between(1, 65_535)).default(7117))
    .option('--json', 'print one JSON object', false)
    .helpOption('-h, --help', 'this text')
    .configureOutput({
      outputError: (text, write) => write(`${text.replace(/^error: /, 'hopscope lab plant: ')}`),
    })
    .exitOverride();
  try {
    parser.parse(args, { from: 'user' });
    checkTogether(parser);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { ok: false, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const { delay, portHttp, pairs, vm, ...rest } = parser.opts();
  if (isCpuLayer(rest.layer)) {
    return { ok: true, options: { ...rest, vm: vm ?? 'vm1', pairs: pairs ?? 3, port: portHttp } as CpuPlantOptions };
  }
  return { ok: true, options: { ...rest, delayNs: delay * 1e6, pairs: pairs ?? 20, port: portHttp } as PlantOptions };
}

/** A delay is of a layer, a hog is somewhere. */
function checkTogether(parser: Command): void {
  const { layer, delay, vm } = parser.opts();
  if (isCpuLayer(layer)) {
    if (delay !== undefined) parser.error(`error: --delay is of a layer: ${layer} has a CPU hog\n`);
    if (layer === 'host.cpu' && vm !== undefined) parser.error('error: host.cpu is in no VM: leave --vm out\n');
    return;
  }
  if (delay === undefined) parser.error(`error: required option '--delay <ms>' not specified for ${layer}\n`);
  if (vm !== undefined) parser.error(`error: --vm is of guest.cpu: for ${layer} one guest is booted\n`);
}

/** Resolves with the exit code: 0 when the run went through, whatever Hopscope made of it. */
export async function plant(args: string[]): Promise<number> {
  const parsed = parsePlantOptions(args);
  if (!parsed.ok) return parsed.exitCode;
  const { options } = parsed;
  const ended = new AbortController();
  const release = onSignals(ended);
  try {
    if ('delayNs' in options) await plantOnce(options, ended.signal);
    else await plantCpu(options, ended.signal);
    return 0;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    console.error(`hopscope: ${error.message}`);
    return error.exitCode;
  } finally {
    release();
  }
}

async function plantOnce(options: PlantOptions, signal: AbortSignal): Promise<void> {
  const { layer, delayNs, nic, rate, pairs, port, json } = options;
  const planter = await Planter.start({ nic, rate, port, say: (line) => console.error(`hopscope: ${line}`) });
  const end = () => void planter.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    console.error(`hopscope: holding ${PLANT_POINTS[layer].how}, ${pairs} blocks with and ${pairs} without`);
    const blocks = blockPattern(pairs, seededRandom(Date.now()));
    const { plan, paths, trueNs, disturbed } = await planter.plant({ layer, delayNs, blockMs: BLOCK_MS, blocks });
    if (disturbed) console.error('hopscope: the machine stood still again and again meanwhile: expect noise');
    const shifts = shiftsOf(paths, plan);
    if (json)
      process.stdout.write(
        `${JSON.stringify({ layer, delayNs, trueNs, nic, rate, ...shifts, ...verdictOf(shifts) })}\n`,
      );
    else process.stdout.write(`${plantTable(layer, trueNs, shifts).join('\n')}\n`);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', end);
    await planter.end();
  }
}

/** Each layer with and without, then the verdict. `trueNs`: what was really planted. */
export function plantTable(layer: PlantLayer, trueNs: number, shifts: Shifts): string[] {
  const rows = shifts.layers.map((shift) => [
    shift.layer,
    ...[shift.withoutNs, shift.withNs, shift.shiftNs, shift.noiseNs].map(formatNs),
  ]);
  const table = [['lower half', 'without', 'with', 'shift', 'noise'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join('  '),
  );
  return [...lines, `${shifts.planted} requests with, ${shifts.clean} without`, verdictText(layer, trueNs, shifts)];
}

function verdictText(layer: PlantLayer, trueNs: number, shifts: Shifts): string {
  const { named, sizeNs } = verdictOf(shifts);
  const planted = `planted: ${layer} ${formatNs(trueNs)}`;
  if (named === null || sizeNs === null) return `${planted}; named: no layer`;
  const off = formatNs(sizeNs - trueNs);
  return `${planted}; named: ${named} ${formatNs(sizeNs)}${named === layer ? ` (off by ${off})` : ', WRONG'}`;
}

function onSignals(ended: AbortController): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    ended.abort(new LabError(`ended by ${signal}, cleaned up`, signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
