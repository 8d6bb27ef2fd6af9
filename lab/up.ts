/** `hopscope up`: one run of the lab, its load, its summary. */
import { writeFileSync } from 'node:fs';
import { type Lab, withLab } from './booted-lab.ts';
import { LabError, runCommand } from './command.ts';
import { SHELL_PORT } from './guest-shell.ts';
import { allJoined } from './last-records.ts';
import { driveLoad } from './load-run.ts';
import type { LabOptions } from './options.ts';
import type { Ending } from './session.ts';
import { loadText, summaryTable } from './table.ts';
import { askUntil } from './waiting.ts';

const ANSWER_LIMIT_MS = 15_000;

/** Runs to the end and resolves with the exit code. Whatever happens, nothing of it is left. */
export function up(options: LabOptions, ending: Ending): Promise<number> {
  const { nic, path } = options;
  if (options.record !== null) checkWritable(options.record);
  const plan = { ...options, nics: [{ model: nic, offloads: 'on' as const }], app: path.startsWith('/app/') };
  return withLab(plan, ending.stop, (lab) => {
    announce(lab, options);
    return measure(lab, options, ending);
  });
}

async function measure(lab: Lab, options: LabOptions, ending: Ending): Promise<number> {
  const { api, say } = lab;
  const { signal } = ending.stop;
  const load = await driveLoad(options, lab, ending);
  if (load.refused > 0) say(`${load.refused} answers had a status of 400 or above`);
  await allJoined(api, 'current', load.summary.answered, signal);
  const summary = await askUntil(() => api.putLoad(load.summary), ANSWER_LIMIT_MS, signal);
  if (summary === null) throw new LabError('The server did not answer with a summary at the end.');
  if (options.record !== null) await record(lab, options.record);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stdout.write(`${[...summaryTable(summary), loadText(load.summary)].join('\n')}\n`);
  return 0;
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

function announce({ api, network, say }: Lab, { shell, browser }: LabOptions): void {
  say(`dashboard: ${api.url}`);
  if (shell) say(`shell in the guest: ip netns exec ${network.host} busybox nc 127.0.0.1 ${SHELL_PORT}`);
  if (browser && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY))
    runCommand('xdg-open', [api.url]).catch(() => {});
}
