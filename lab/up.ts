/** `hopscope up`: one run of the lab, its load, its summary. */
import { writeFileSync } from 'node:fs';
import type { Summary } from '../server/wire/views.ts';
import { type Lab, withLab } from './booted-lab.ts';
import { LabError, runCommand } from './command.ts';
import { allJoined } from './last-records.ts';
import type { LoadResult } from './load-process.ts';
import { driveLoad } from './load-run.ts';
import type { LabOptions } from './options.ts';
import type { Ending } from './session.ts';
import { plantInTime } from './timed-plant.ts';
import { runTable } from './vms-table.ts';
import { askUntil } from './waiting.ts';

const ANSWER_LIMIT_MS = 15_000;

/** Runs to the end and resolves with the exit code. Whatever happens, nothing of it is left. */
export function up(options: LabOptions, ending: Ending): Promise<number> {
  if (options.record !== null) checkWritable(options.record);
  const plan = { ...options, app: options.path.startsWith('/app/') };
  return withLab(plan, ending.stop, (lab) => {
    announce(lab, options);
    return measure(lab, options, ending);
  });
}

async function measure(lab: Lab, options: LabOptions, ending: Ending): Promise<number> {
  const { signal } = ending.stop;
  const loads = await drivePlanted(options, lab, ending);
  const all = [...loads.values()];
  const refused = all.reduce((sum, load) => sum + load.refused, 0);
  if (refused > 0) lab.say(`${refused} answers had a status of 400 or above`);
  const answered = all.reduce((sum, load) => sum + load.summary.answered, 0);
  await allJoined(lab.api, 'current', answered, signal);
  const summary = await reported(lab, loads, signal);
  if (options.record !== null) await record(lab, options.record);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`${runTable(summary).join('\n')}\n`);
  return 0;
}

/** The load, and beside it what is planted; a plant that fails ends the run, which would not be what was asked for. */
async function drivePlanted(options: LabOptions, lab: Lab, ending: Ending): Promise<ReadonlyMap<string, LoadResult>> {
  const over = new AbortController();
  const planting = options.plant && plantInTime(options.plant, lab, over.signal);
  planting?.catch((error) => ending.stop.abort(error));
  try {
    return await driveLoad(options, lab, ending);
  } finally {
    over.abort();
    await planting?.catch(() => undefined);
  }
}

/** Tells the server what the generators measured; resolves with the summary after that. */
async function reported({ api }: Lab, loads: ReadonlyMap<string, LoadResult>, signal: AbortSignal): Promise<Summary> {
  let summary = await askUntil(() => api.summary(), ANSWER_LIMIT_MS, signal);
  for (const [vm, load] of loads) {
    if (summary === null) break;
    summary = await askUntil(() => api.putLoad(load.summary, 'current', vm), ANSWER_LIMIT_MS, signal);
  }
  if (summary === null) throw new LabError('The server did not answer with a summary at the end.');
  return summary;
}

async function record({ api, say }: Lab, file: string): Promise<void> {
  const bytes = await api.recording('current');
  if (bytes === null) throw new LabError('The server gave no recording of the run.');
  writeFileSync(file, bytes);
  say(`recorded: ${file}, ${bytes.length} bytes`);
}

/** Before the run, not after it: what cannot be written is said at once. */
function checkWritable(file: string): void {
  try {
    writeFileSync(file, '');
  } catch (error) {
    throw new LabError(`--record ${file} cannot be written (${(error as Error).message}): name another file.`);
  }
}

function announce({ api, network, vms, say }: Lab, { shell, browser }: LabOptions): void {
  say(`dashboard: ${api.url}`);
  for (const { name, suffix, shellPort } of shell ? vms : []) {
    const where = suffix === '' ? 'the guest' : name;
    say(`shell in ${where}: ip netns exec ${network.host} busybox nc 127.0.0.1 ${shellPort}`);
  }
  if (browser && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY))
    runCommand('xdg-open', [api.url]).catch(() => {});
}
