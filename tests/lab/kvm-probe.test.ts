import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BaseImage } from '../../lab/image.ts';
import { chooseAccelerator } from '../../lab/kvm-probe.ts';
import { QEMU } from '../../lab/qemu.ts';
import { RunState } from '../../lab/run-state.ts';

let folder: string;
let state: RunState;
const kept = { ...process.env };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-kvm-'));
  process.env.HOPSCOPE_RUN_DIR = join(folder, 'run');
  process.env.HOPSCOPE_CACHE = join(folder, 'cache');
  state = new RunState('abc123');
});
afterEach(async () => {
  await state.remove();
  rmSync(folder, { recursive: true, force: true });
  process.env = kept;
});

/** A kernel by the x86 boot protocol that jumps to itself: it never comes up. */
function stuckKernel(): Buffer {
  const kernel = Buffer.alloc(64 * 1024);
  kernel[0x1f1] = 4;
  kernel.writeUInt16LE(0xaa55, 0x1fe);
  kernel.writeUInt16LE(0xfeeb, 0x200);
  kernel.write('HdrS', 0x202);
  kernel.writeUInt16LE(0x020c, 0x206);
  kernel[0x211] = 1;
  kernel.writeUInt32LE(0x7fffffff, 0x22c);
  return kernel;
}

function stuckImage(): BaseImage {
  const [vmlinuz, busybox] = [join(folder, 'vmlinuz'), join(folder, 'busybox')];
  writeFileSync(vmlinuz, stuckKernel());
  writeFileSync(busybox, '');
  return { disk: '', busybox, kernel: { hash: 'stuck', vmlinuz, modulesDir: '', modulesDisk: '' } };
}

async function recordedProcess(): Promise<number> {
  for (;;) {
    const [process] = JSON.parse(readFileSync(`${state.dir}.json`, 'utf8')).processes;
    if (process) return process.pid;
    await turn();
  }
}

function canTry(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return (process.env.PATH ?? '').split(':').some((dir) => existsSync(join(dir, QEMU)));
  } catch {
    return false;
  }
}

describe.skipIf(!canTry())('the KVM probe', () => {
  it('that is interrupted ends its QEMU and remembers no verdict', async () => {
    const stop = new AbortController();
    const choice = chooseAccelerator('auto', stuckImage(), state, stop.signal);
    const outcome = choice.catch((error) => error);
    const pid = await recordedProcess();
    // Ctrl-C reaches a process group: QEMU has one of its own.
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]).toBe(String(pid));
    const reason = new Error('ended by the test');
    stop.abort(reason);
    expect(await outcome).toBe(reason);
    expect(existsSync(folder) && readdirSync(folder)).not.toContain('cache');
  });

  it('says within its limit that a guest does not boot, and remembers that', async () => {
    const image = stuckImage();
    const { signal } = new AbortController();
    const first = await chooseAccelerator('auto', image, state, signal);
    expect(first).toMatchObject({ accelerator: 'tcg', why: expect.stringContaining('no KVM: ') });
    const startedMs = performance.now();
    expect(await chooseAccelerator('auto', image, state, signal)).toEqual(first);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    await expect(chooseAccelerator('kvm', image, state, signal)).rejects.toThrow(/Use --accel tcg, or auto/);
  }, 20_000);
});
