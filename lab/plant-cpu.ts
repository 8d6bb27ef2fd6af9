/** Plants a CPU hog on the host or in one of two guests, and shows who Hopscope says takes the CPU and who waits for it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { VmSummary } from '../server/wire/machine-views.ts';
import type { Health, SeriesView } from '../server/wire/views.ts';
import { alignedTable } from './columns.ts';
import { LabError } from './command.ts';
import { shellPort } from './guest-shell.ts';
import { hogGuest, hogHost } from './hog.ts';
import { cpuVerdict, type HostReading, mean, median, type VmReading } from './plant-cpu-verdict.ts';
import { marked } from './plant-mark.ts';
import { ServerApi } from './server-api.ts';
import { newToken, withToken } from './services.ts';
import { formatNs } from './table.ts';
import { percent } from './vms-table.ts';
import { askUntil, orAborted } from './waiting.ts';

export const CPU_LAYERS = ['host.cpu', 'guest.cpu'] as const;
export type CpuLayer = (typeof CPU_LAYERS)[number];
/** In which a hog can be planted. */
export const HOG_VMS = ['vm0', 'vm1'] as const;
export type HogVm = (typeof HOG_VMS)[number];

export interface CpuPlantOptions {
  layer: CpuLayer;
  /** Of `guest.cpu`. */
  vm: HogVm;
  nic: string;
  /** Requests a second at each guest. */
  rate: number;
  pairs: number;
  port: number;
  json: boolean;
}

const FRONT_DOOR = join(import.meta.dirname, '../hopscope.ts');
const BLOCK_S = 6;
/** What agents say in the first seconds of a block is still of the one before. */
const GUARD_S = 2;
const READY_LIMIT_MS = 300_000;
const SAMPLE_MS = 500;

interface Block {
  planted: boolean;
  fromMs: number;
  toMs: number;
  samples: Health[];
}

/** Boots two guests, plants in every second block, prints what the API told of both kinds. */
export async function plantCpu(options: CpuPlantOptions, signal: AbortSignal): Promise<void> {
  const { port, layer, vm, nic, rate, pairs } = options;
  const flags = ['--vms', String(HOG_VMS.length), '--shell', '--no-browser', '--json', '--nic', nic];
  const words = [FRONT_DOOR, 'up', ...flags, '--rate', String(rate), '--port-http', String(port)];
  const token = newToken();
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], env: withToken(token) });
  child.stdout.resume();
  try {
    const api = new ServerApi(`http://127.0.0.1:${port}`, token);
    const namespace = await ready(child, api, rate, signal);
    const where = layer === 'host.cpu' ? 'on each CPU of the host' : `in ${vm}`;
    say(`a CPU hog ${where}, ${pairs} blocks of ${BLOCK_S} s with and ${pairs} without`);
    const hog = () => (layer === 'host.cpu' ? hogHost(BLOCK_S, signal) : hogGuest(namespace, hogPort(vm), BLOCK_S));
    const blocks: Block[] = [];
    const markedHog = () => marked(api, { text: `a CPU hog ${where}`, fromMs: Date.now() }, say, hog);
    for (let n = 0; n < 2 * pairs; n++) blocks.push(await block(n % 2 === 1 ? markedHog : null, api, signal));
    const { rows } = told(await api.series());
    report(options, readingOf(blocks, rows, false), readingOf(blocks, rows, true));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await end(child);
  }
}

function say(line: string): void {
  console.error(`hopscope: ${line}`);
}

function hogPort(vm: HogVm): number {
  return shellPort(HOG_VMS.indexOf(vm));
}

/** Resolves with the run's host namespace once both guests answer; each line it says is said again. */
async function ready(
  child: ChildProcessByStdio<null, Readable, Readable>,
  api: ServerApi,
  rate: number,
  signal: AbortSignal,
): Promise<string> {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-8000);
    for (const line of text.split('\n')) if (line.startsWith('hopscope: ')) console.error(line);
  });
  const answers = (vm: VmSummary | undefined) => (vm?.exchanges.joined ?? 0) >= rate;
  const namespace = await askUntil(
    async () => {
      if (child.exitCode !== null) throw new LabError(`The run ended before it could be planted in.\n${said}`);
      const shell = /shell in vm0: ip netns exec (\S+)/.exec(said)?.[1];
      const byVm = shell === undefined ? undefined : (await api.summary())?.byVm;
      return byVm !== undefined && HOG_VMS.every((vm) => answers(byVm[vm])) ? shell! : null;
    },
    READY_LIMIT_MS,
    signal,
  );
  if (namespace === null) throw new LabError(`The guests did not come up.\n${said}`);
  return namespace;
}

async function block(hog: (() => Promise<void>) | null, api: ServerApi, signal: AbortSignal): Promise<Block> {
  const fromMs = Date.now();
  let over = false;
  const samples: Health[] = [];
  const course = (hog === null ? delay(BLOCK_S * 1000, undefined, { signal }) : hog()).finally(() => {
    over = true;
  });
  const sampling = (async () => {
    while (!over) {
      const health = Date.now() - fromMs >= GUARD_S * 1000 ? await api.health() : null;
      if (health !== null && !over) samples.push(health);
      await delay(SAMPLE_MS);
    }
  })();
  await orAborted(Promise.all([course, sampling]), signal);
  return { planted: hog !== null, fromMs, toMs: Date.now(), samples };
}

function readingOf(blocks: readonly Block[], rows: SeriesView['rows'], planted: boolean): HostReading {
  const own = blocks.filter((each) => each.planted === planted);
  const samples = own.flatMap((each) => each.samples);
  const within = ({ t }: { t: number }) =>
    own.some(({ fromMs, toMs }) => t * 1000 >= fromMs + GUARD_S * 1000 && (t + 1) * 1000 <= toMs);
  const meanOf = (values: (number | null | undefined)[]) => mean(values.filter((value) => typeof value === 'number'));
  const vmReading = (name: string): VmReading => {
    const views = samples.flatMap(({ vms }) => vms.filter((vm) => vm.name === name));
    const seconds = rows.filter((row) => row.vm === name && within(row)).map(({ endToEnd }) => endToEnd);
    return {
      ran: meanOf(views.map(({ vcpuTime }) => vcpuTime)),
      waited: meanOf(views.map(({ vcpuDelay }) => vcpuDelay)),
      steal: meanOf(views.map(({ steal }) => steal)),
      p50: median(seconds.flatMap(({ p50 }) => p50 ?? [])),
      p99: median(seconds.flatMap(({ p99 }) => p99 ?? [])),
    };
  };
  const hosts = samples.map((health) => ({ health, host: health.agents.find(({ role }) => role === 'host') }));
  return {
    others: meanOf(hosts.map(({ health, host }) => othersOf(health, host?.cpuBusy ?? null))),
    pressure: meanOf(hosts.map(({ host }) => host?.cpuPressure)),
    vms: Object.fromEntries(HOG_VMS.map((name) => [name, vmReading(name)])),
  };
}

function othersOf({ vms }: Health, busy: number | null): number | null {
  const running = vms.reduce((sum, { vcpuTime }) => sum + (vcpuTime ?? 0), 0);
  return busy === null ? null : Math.max(0, busy - running);
}

function report(options: CpuPlantOptions, without: HostReading, planted: HostReading): void {
  const { layer, vm, nic, rate, json } = options;
  const verdict = cpuVerdict(without, planted);
  const where = layer === 'host.cpu' ? { layer } : { layer, vm };
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...where, nic, rate, without, with: planted, ...verdict })}\n`);
    return;
  }
  const expected = layer === 'host.cpu' ? 'host' : vm;
  const named = verdict.takes === null ? 'nobody' : verdict.takes;
  const suffers =
    verdict.suffers.length === 0 ? 'nobody waits more' : `${verdict.suffers.join(', ')} had to wait more for it`;
  const wrong = verdict.takes === null || verdict.takes === expected ? '' : ', WRONG';
  const lines = [
    ...cpuTable(without, planted),
    `planted: ${layer} in ${expected}; takes the CPU: ${named}${wrong}; ${suffers}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Each VM and the host, without and with the hog. */
export function cpuTable(without: HostReading, planted: HostReading): string[] {
  const pair = (of: (reading: HostReading) => string) => `${of(without)} → ${of(planted)}`;
  const rows = Object.keys(planted.vms).map((name) => {
    const share = (of: 'ran' | 'waited' | 'steal') => pair(({ vms }) => percent(vms[name]?.[of] ?? null));
    const time = (of: 'p50' | 'p99') => pair(({ vms }) => formatNs(vms[name]?.[of] ?? null));
    return [name, share('ran'), share('waited'), share('steal'), time('p50'), time('p99')];
  });
  const host = [
    'all else on the host',
    pair(({ others }) => percent(others)),
    pair(({ pressure }) => percent(pressure)),
    '',
    '',
    '',
  ];
  return alignedTable([['without → with', 'ran', 'waited', 'steal', 'p50', 'p99'], ...rows, host]);
}

function told<T>(answer: T | null): T {
  if (answer === null) throw new LabError('The server did not answer: its log has the reason.');
  return answer;
}

/** Resolves when the run has cleaned up. */
async function end(child: ChildProcessByStdio<null, Readable, Readable>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}
