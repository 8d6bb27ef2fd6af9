import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VcpuDelay } from '../../../agent/host/vcpu-delay.ts';
import type { VmInfo } from '../../../server/wire/messages.ts';
import { Program } from '../program.ts';
import { until } from '../until.ts';

/** A disk whose boot sector is `jmp $`: a guest that keeps its vCPU busy and does nothing else. */
function busyDisk(folder: string): string {
  const sector = Buffer.alloc(512);
  sector.set([0xeb, 0xfe]);
  sector.set([0x55, 0xaa], 510);
  const file = join(folder, 'busy.img');
  writeFileSync(file, sector);
  return file;
}

const QEMU = 'qemu-system-x86_64 -display none -nodefaults -accel tcg -m 32'.split(' ');
const onCpu0 = (...command: string[]) => new Program('taskset', ['-c', '0', ...command]);
const vm = (name: string, pid: number): VmInfo => ({
  ...{ name, pid, tap: '', ifindex: 1, bridge: '', nicModel: '', accelerator: 'tcg', vcpus: 1 },
});

describe('run delay of vCPU threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-vcpu-'));
  const programs: Program[] = [];
  let named: VmInfo;
  let nameless: VmInfo;

  beforeAll(() => {
    const disk = ['-drive', `file=${busyDisk(folder)},format=raw,if=ide,snapshot=on`];
    const [busy, paused] = [
      onCpu0(...QEMU, '-name', 'guest=busy,debug-threads=on', ...disk),
      onCpu0(...QEMU, '-name', 'nameless', '-S'),
    ];
    programs.push(busy, paused);
    named = vm('busy', busy.child.pid as number);
    nameless = vm('nameless', paused.child.pid as number);
  });

  afterAll(async () => {
    for (const program of programs) await program.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('appears when another program wants the same CPU', async () => {
    const delay = new VcpuDelay();
    await until(
      () => delay.sample([named]),
      (seen) => 'busy' in seen,
    );
    programs.push(onCpu0('sh', '-c', 'while :; do :; done'));
    const waited = await until(
      () => delay.sample([named]).busy ?? 0,
      (seen) => seen > 0.3,
    );
    // One vCPU cannot wait for more than all of the time; reading takes some of it too.
    expect(waited).toBeLessThan(1.5);
  });

  it('is unknown of a VM whose threads have no names, and of one that is gone', () => {
    const delay = new VcpuDelay();
    const gone = vm('gone', 2 ** 22 - 1);
    delay.sample([nameless, gone], 1_000);
    expect(delay.sample([nameless, gone], 2_000)).toEqual({});
  });

  it('is told once of a VM with two taps', () => {
    const delay = new VcpuDelay();
    const both = [named, { ...named, ifindex: 2 }];
    delay.sample(both, 1_000);
    expect(Object.keys(delay.sample(both, 2_000))).toEqual(['busy']);
  });
});
