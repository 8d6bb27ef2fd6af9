import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VcpuTimes } from '../../../agent/host/vcpu-times.ts';
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

describe('the time of vCPU threads', () => {
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

  it('is that of a CPU each while they are alone, and waiting when another program wants the same CPU', async () => {
    const times = new VcpuTimes();
    await until(
      () => times.sample([named]).time.busy ?? 0,
      (seen) => seen > 0.3,
    );
    programs.push(onCpu0('sh', '-c', 'while :; do :; done'));
    const { time, delay } = await until(
      () => times.sample([named]),
      (seen) => (seen.delay.busy ?? 0) > 0.3,
    );
    // One vCPU cannot run and wait for more than all of the time; reading takes some of it too.
    expect(time.busy! + delay.busy!).toBeLessThan(1.5);
  });

  it('is unknown of a VM whose threads have no names, and of one that is gone', () => {
    const times = new VcpuTimes();
    const gone = vm('gone', 2 ** 22 - 1);
    times.sample([nameless, gone], 1_000);
    expect(times.sample([nameless, gone], 2_000)).toEqual({ time: {}, delay: {} });
  });

  it('is told once of a VM with two taps', () => {
    const times = new VcpuTimes();
    const both = [named, { ...named, ifindex: 2 }];
    times.sample(both, 1_000);
    expect(Object.keys(times.sample(both, 2_000).delay)).toEqual(['busy']);
  });
});
