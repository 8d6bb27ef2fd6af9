/**
 * Chooses the accelerator. /dev/kvm may open, and create machines, on hosts where
 * no stock kernel ever boots under it: so KVM counts only after our own kernel
 * came up with it, within a time limit.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from './cache.ts';
import { LabError, runCommand } from './command.ts';
import { cpioArchive, cpioFile } from './cpio.ts';
import type { BaseImage } from './image.ts';
import { type Accelerator, bootArguments, QEMU } from './qemu.ts';
import type { RunState } from './run-state.ts';
import { orAborted } from './waiting.ts';

export interface AcceleratorChoice {
  accelerator: Accelerator;
  why: string;
}

interface Verdict {
  key: string;
  /** Null: a guest boots. */
  problem: string | null;
}

const LIMIT_MS = 5000;
/** One for each kernel, and some to spare. */
const KEPT_VERDICTS = 8;
const MARKER = 'HOPSCOPE kvm works';

/** `wanted` kvm, tcg or icount is obeyed; kvm that does not work is an error with the reason. Rejects when aborted. */
export async function chooseAccelerator(
  wanted: 'auto' | Accelerator,
  image: BaseImage,
  state: RunState,
  signal: AbortSignal,
): Promise<AcceleratorChoice> {
  if (wanted === 'tcg' || wanted === 'icount') return { accelerator: wanted, why: `asked for with --accel ${wanted}` };
  const problem = await kvmProblem(image, state, signal);
  if (problem === null) return { accelerator: 'kvm', why: 'a guest boots under it here' };
  if (wanted === 'kvm') throw new LabError(`KVM does not work here: ${problem}. Use --accel tcg, or auto.`);
  return { accelerator: 'tcg', why: `no KVM: ${problem}` };
}

async function kvmProblem(image: BaseImage, state: RunState, signal: AbortSignal): Promise<string | null> {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no /dev/kvm' : '/dev/kvm may not be opened';
  }
  const file = join(cacheDir(), 'kvm-verdicts.json');
  const key = await verdictKey(image);
  const known = readVerdicts(file);
  const verdict = known.find((each) => each.key === key);
  if (verdict) return verdict.problem;
  const problem = await tryKvm(image, state, signal);
  mkdirSync(cacheDir(), { recursive: true });
  const verdicts = [{ key, problem }, ...known].slice(0, KEPT_VERDICTS);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(verdicts));
  renameSync(`${file}.${process.pid}`, file);
  return problem;
}

/** Changes with anything that could change the verdict: a reboot, another kernel, QEMU or guest kernel. */
async function verdictKey(image: BaseImage): Promise<string> {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  const qemu = (await runCommand(QEMU, ['--version'])).split('\n')[0]!;
  return [boot, kernel, qemu, image.kernel.hash].join(' | ');
}

function readVerdicts(file: string): Verdict[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

async function tryKvm(image: BaseImage, state: RunState, signal: AbortSignal): Promise<string | null> {
  const initrd = join(state.dir, 'kvm-probe.initrd');
  const init = `#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\necho '${MARKER}' > /dev/ttyS0\n/bin/busybox poweroff -f\n`;
  const busybox = cpioFile('bin/busybox', readFileSync(image.busybox), true);
  const dev = { path: 'dev', mode: 0o040755, data: new Uint8Array(0) };
  writeFileSync(initrd, cpioArchive([busybox, dev, cpioFile('init', init, true)]));
  // A group of its own: a Ctrl-C that ended QEMU would be taken for a KVM that does not work.
  const qemu = spawn(QEMU, bootArguments('kvm', image.kernel.vmlinuz, initrd), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (qemu.pid !== undefined) state.addProcess(qemu.pid);
  const { promise, resolve } = Promise.withResolvers<string | null>();
  let said = '';
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-4000);
    if (said.includes(MARKER)) resolve(null);
  };
  qemu.stdout.on('data', listen);
  qemu.stderr.on('data', listen);
  qemu.on('error', (error) => resolve(error.message));
  qemu.on('close', () => resolve(`QEMU ended: ${said.trim().split('\n').at(-1) || 'without a word'}`));
  const limit = setTimeout(resolve, LIMIT_MS, `a guest did not boot under it within ${LIMIT_MS / 1000} s`);
  try {
    return await orAborted(promise, signal);
  } finally {
    clearTimeout(limit);
    qemu.kill('SIGKILL');
  }
}
