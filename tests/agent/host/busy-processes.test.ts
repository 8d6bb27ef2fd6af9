import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BusyProcesses } from '../../../agent/host/busy-processes.ts';
import { Program } from '../program.ts';
import { until } from '../until.ts';

const programs: Program[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) await program.end('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function spin(): number {
  const program = new Program('sh', ['-c', 'while :; do :; done', 'a-secret']);
  programs.push(program);
  return program.child.pid as number;
}

/** Of its user time so far. */
function ticksOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[11]);
}

/** A /proc with these processes. */
function procOf(all: { pid: number; comm: string; words?: string; ticks: number; started?: number }[], folder = '') {
  const root = folder || mkdtempSync(join(tmpdir(), 'hopscope-proc-'));
  if (folder === '') folders.push(root);
  for (const { pid, comm, words = '', ticks, started = 7 } of all) {
    mkdirSync(join(root, String(pid)), { recursive: true });
    const fields = ['S', ...new Array(10).fill(0), ticks, 0, ...new Array(6).fill(0), started, 0];
    writeFileSync(join(root, String(pid), 'stat'), `${pid} (${comm}) ${fields.join(' ')}`);
    writeFileSync(join(root, String(pid), 'cmdline'), words);
  }
  return root;
}

describe('the busiest programs of a host', () => {
  it('have one that spins among them, by its name alone, and none of those that are VMs', async () => {
    const [one, other] = [spin(), spin()];
    const [all, beside] = [new BusyProcesses(), new BusyProcesses()];
    const look = (atMs: number) => [all.sample(new Set(), atMs), beside.sample(new Set([one, other]), atMs)] as const;
    look(0);
    await until(
      () => ticksOf(one),
      (ticks) => ticks >= 100,
    );
    const [seen, without] = look(5_000);
    expect(seen.sh).toBeGreaterThanOrEqual(0.2);
    expect(without.sh ?? 0).toBeLessThan(seen.sh! - 0.15);
    expect(JSON.stringify(seen)).not.toContain('secret');
  }, 30_000);

  it('are told in CPU seconds per second, those of one name together, kernel threads whatever their CPU', () => {
    const before = [
      { pid: 10, comm: 'make', words: '/usr/bin/make\0-j', ticks: 1_000 },
      { pid: 11, comm: 'make', words: '/usr/bin/make\0-j', ticks: 5_000 },
      { pid: 12, comm: 'kworker/0:1', ticks: 100 },
      { pid: 13, comm: 'kworker/1:1', ticks: 100 },
      { pid: 14, comm: 'qemu-system-x86', ticks: 0 },
      { pid: 15, comm: 'a) (b', words: 'nginx: worker process', ticks: 0 },
      { pid: 16, comm: 'idle', ticks: 0 },
    ];
    const proc = procOf(before);
    const processes = new BusyProcesses(proc);
    expect(processes.sample(new Set(), 0)).toEqual({});
    const more = [250, 250, 100, 50, 400, 200, 10];
    procOf(
      before.map((one, i) => ({ ...one, ticks: one.ticks + more[i]! })),
      proc,
    );
    expect(processes.sample(new Set(), 4_000)).toEqual({});
    expect(processes.sample(new Set(), 10_000)).toEqual({ make: 0.5, nginx: 0.2, kworker: 0.15 });
  });

  it('count a process that has the number of an earlier one from its own start', () => {
    const proc = procOf([{ pid: 10, comm: 'one', ticks: 9_000 }]);
    const processes = new BusyProcesses(proc);
    processes.sample(new Set(), 0);
    procOf([{ pid: 10, comm: 'two', ticks: 300, started: 99 }], proc);
    expect(processes.sample(new Set(), 10_000)).toEqual({ two: 0.3 });
  });
});
