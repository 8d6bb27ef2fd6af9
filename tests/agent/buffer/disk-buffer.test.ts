import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeptAgent } from '../../../agent/buffer/agent-folder.ts';
import { DiskBuffer } from '../../../agent/buffer/disk-buffer.ts';
import { PROVENANCE } from '../../server/exchanges.ts';
import { generate } from '../frame-line.ts';
import { kept, leftBy } from './killed-folder.ts';

const MIB = 1 << 20;
let directory: string;
let log: string[];
let opened: DiskBuffer[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hopscope-buffer-'));
  log = [];
  opened = [];
});
afterEach(async () => {
  for (const disk of opened) await disk.earlier.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(agentId = 'this-one', diskBytes = 64 * MIB, where = directory): DiskBuffer {
  const tell = (line: string) => log.push(line);
  const options = { directory: where, diskBytes, memoryBytes: MIB, agentId, role: 'host' as const, log: tell };
  const disk = new DiskBuffer(options);
  opened.push(disk);
  return disk;
}

const killed = (agent: KeptAgent, frames: number, records?: number) => leftBy(directory, agent, frames, records);

const names = () => readdirSync(directory).sort();

describe('the directory of an agent', () => {
  it('has nothing in it after an agent that ends with all acknowledged, and its frames otherwise', () => {
    const all = open('all');
    all.describe(kept('all'));
    generate(all.buffer, 5);
    all.buffer.acknowledge(1);
    all.close();
    expect(names()).toEqual([]);
    const some = open('some');
    some.describe(kept('some'));
    generate(some.buffer, 5);
    some.close();
    expect(names()).toEqual(['some']);
    expect(log).toEqual([`--buffer-dir ${directory}: 1 frames are left for the next agent`]);
  });

  it('keeps the frames of a living agent for itself', () => {
    const living = open('living');
    living.describe(kept('living'));
    generate(living.buffer, 5);
    const other = open('other');
    expect(other.earlier.held).toBe(0);
    expect(existsSync(join(directory, 'living', 'agent.json'))).toBe(true);
    expect(log).toEqual([]);
  });

  it('gives what killed agents have left to the next one', () => {
    killed(kept('first', {}, '5'), 3);
    killed(kept('second', {}, '40'), 4);
    expect(open().earlier.held).toBe(7);
    expect(log).toEqual([]);
  });

  it('gives nothing of before the last boot to anybody: it is deleted, counted and said', () => {
    killed(kept('rebooted', { bootId: 'another-boot' }), 3, 5);
    const { earlier, drops } = open();
    expect(earlier.held).toBe(0);
    expect(drops).toEqual({ 'buffer.otherboot': 15, 'buffer.torn': 0 });
    expect(names()).toEqual(['this-one']);
    expect(log).toEqual([expect.stringMatching(/15 records of before the last boot deleted/)]);
  });

  it('counts nothing of that which the agent knew to be safe', () => {
    const folder = killed(kept('rebooted', { bootId: 'another-boot' }), 3, 5);
    writeFileSync(join(folder, 'acked'), new Uint8Array([2, 0, 0, 0]));
    expect(open().drops['buffer.otherboot']).toBe(5);
  });

  it('leaves alone what is of another machine, of another role, and of nobody we know', () => {
    killed(kept('elsewhere', { bootId: 'x', provenance: { ...PROVENANCE, hostname: 'another-machine' } }), 1);
    killed(kept('guest', { role: 'guest' }), 1);
    mkdirSync(join(directory, 'lost+found'));
    writeFileSync(join(directory, 'lost+found', 'a'), '');
    mkdirSync(join(directory, 'never-begun'));
    expect(open().earlier.held).toBe(0);
    expect(names()).toEqual(['elsewhere', 'guest', 'lost+found', 'this-one']);
    expect(log.join('\n')).toMatch(/elsewhere is of the host agent of another-machine: left alone/);
    expect(log).toHaveLength(3);
  });

  it('counts what was not written to its end', () => {
    const folder = killed(kept('torn'), 2);
    writeFileSync(join(folder, '0000000003.frames'), new Uint8Array(700));
    const { drops, earlier } = open();
    expect(drops['buffer.torn']).toBe(3);
    expect(earlier.held).toBe(2);
  });

  it('is as large as was said for all agents together: the oldest agent’s frames go first', () => {
    killed(kept('old', {}, '5'), 30, 1000);
    killed(kept('young', {}, '40'), 16, 1000);
    const { earlier, buffer } = open('this-one', 8 * MIB);
    expect(earlier.dropped).toBeGreaterThan(0);
    expect(earlier.dropped + 1000 * earlier.held).toBe(46_000);
    expect(earlier.held).toBeGreaterThanOrEqual(16);
    for (let i = 0; i < 20; i++) generate(buffer, 1000);
    expect(buffer.dropped).toBe(0);
    expect(earlier.dropped + 1000 * earlier.held).toBe(46_000);
    expect(earlier.held).toBeLessThanOrEqual(16);
  });

  it('holds no more than so many agents: the oldest is given up, and counted', () => {
    for (let i = 0; i < 130; i++) killed(kept(`agent-${i}`, {}, String(1000 + i)), 1, 7);
    const { earlier } = open();
    expect(earlier.held).toBe(128);
    expect(earlier.dropped).toBe(14);
    expect(existsSync(join(directory, 'agent-1'))).toBe(false);
    expect(existsSync(join(directory, 'agent-2'))).toBe(true);
  });
});

describe('a directory that cannot be used', () => {
  const refusal = (where: string, begin = false) => {
    try {
      const disk = open('refused', 64 * MIB, where);
      if (begin) disk.describe(kept('refused'));
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error(`${where} was taken`);
  };

  function mount(options: string): string {
    const at = join(directory, 'mounted');
    mkdirSync(at);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
    if (status !== 0) throw new Error(String(stderr));
    return at;
  }
  afterEach(() => spawnSync('umount', [join(directory, 'mounted')]));

  it('is one that is not there, or a file', () => {
    const absent = join(directory, 'absent');
    expect(refusal(absent)).toBe(
      `--buffer-dir ${absent}: there is no such directory: make it, or give another one (ENOENT)`,
    );
    writeFileSync(join(directory, 'file'), '');
    expect(refusal(join(directory, 'file'))).toMatch(/it is no directory: give another one \(ENOTDIR\)$/);
  });

  it('is one that is read-only', () => {
    expect(refusal(mount('ro'))).toMatch(/its file system is read-only: give another directory \(EROFS\)$/);
  });

  it('is one whose disk is full, and nothing is left in it', () => {
    const full = mount('size=16k');
    writeFileSync(join(full, 'ballast'), new Uint8Array(16 << 10));
    expect(refusal(full, true)).toMatch(/its disk is full: make room there, or give another directory \(ENOSPC\)$/);
    expect(readdirSync(full)).toEqual(['ballast']);
  });
});
