import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild } from '../../lab/child.ts';
import { ip } from '../../lab/command.ts';
import { identify, isRunning, signalProcess } from '../../lab/process-identity.ts';
import { RunState, removeAbandonedRuns } from '../../lab/run-state.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-state-'));
  process.env.HOPSCOPE_RUN_DIR = join(folder, 'run');
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  delete process.env.HOPSCOPE_RUN_DIR;
  rmSync(folder, { recursive: true });
});

const newId = () => randomBytes(3).toString('hex');
const namespaces = async () => (await ip('-j netns list')) || '[]';

async function killedRun(id: string): Promise<{ pid: number; dir: string }> {
  const script = join(import.meta.dirname, 'abandoned-run.ts');
  const run = spawn(process.execPath, [script, id, join(folder, 'log')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: run.stdout! }), 'line')) as [string];
  run.kill('SIGKILL');
  await once(run, 'exit');
  return JSON.parse(line);
}

describe.skipIf(!isRoot)('removeAbandonedRuns', () => {
  it('removes processes, namespaces and files of a run that was killed', async () => {
    const id = newId();
    const { pid, dir } = await killedRun(id);
    expect(identify(pid)).not.toBeNull();
    expect(await namespaces()).toContain(`hopscope-${id}-host`);
    expect(await removeAbandonedRuns()).toEqual([id]);
    expect(identify(pid)).toBeNull();
    expect(await namespaces()).not.toContain(`hopscope-${id}`);
    expect(existsSync(dir)).toBe(false);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  it('leaves a run alone whose process lives', async () => {
    const state = new RunState(newId());
    const child = startChild(['sleep', '1000'], { state, logFile: join(folder, 'log') });
    expect(await removeAbandonedRuns()).toEqual([]);
    expect(identify(child.pid)).not.toBeNull();
    await state.remove();
    expect(await child.ended).toBe('signal SIGTERM');
  });

  it('does not kill a process that only has the number of a noted one', async () => {
    const bystander = spawn('sleep', ['1000']);
    started.push(bystander);
    const identity = identify(bystander.pid!)!;
    const gone = { pid: process.pid, startTicks: 1 };
    mkdirSync(join(folder, 'run'), { recursive: true });
    const noted = { owner: gone, processes: [{ ...identity, startTicks: identity.startTicks - 1 }], namespaces: [] };
    writeFileSync(join(folder, 'run', 'abc.json'), JSON.stringify(noted));
    expect(await removeAbandonedRuns()).toEqual(['abc']);
    expect(isRunning(identity)).toBe(true);
  });

  it('removes no namespace that is not named like one of ours', async () => {
    const name = `other-${newId()}`;
    await ip(`netns add ${name}`);
    try {
      const gone = { pid: process.pid, startTicks: 1 };
      mkdirSync(join(folder, 'run'), { recursive: true });
      writeFileSync(
        join(folder, 'run', 'abc.json'),
        JSON.stringify({ owner: gone, processes: [], namespaces: [name] }),
      );
      await removeAbandonedRuns();
      expect(await namespaces()).toContain(name);
    } finally {
      await ip(`netns del ${name}`);
    }
  });

  it('ignores files that are not its own', async () => {
    mkdirSync(join(folder, 'run'), { recursive: true });
    writeFileSync(join(folder, 'run', 'abc.json'), '{"half a');
    expect(await removeAbandonedRuns()).toEqual([]);
    expect(readFileSync(join(folder, 'run', 'abc.json'), 'utf8')).toBe('{"half a');
  });
});

describe('RunState', () => {
  it('ends its processes even when they ignore SIGTERM', async () => {
    const state = new RunState(newId());
    const ready = Promise.withResolvers<void>();
    const child = startChild(['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'], {
      state,
      logFile: join(folder, 'log'),
      onLine: () => ready.resolve(),
    });
    await ready.promise;
    await state.remove();
    expect(await child.ended).toBe('signal SIGKILL');
  });

  it('takes nothing new once it is being removed', async () => {
    const state = new RunState(newId());
    await state.remove();
    expect(() => state.addNamespace('hopscope-abc-host')).toThrow(/being removed/);
  });
});

describe('signalProcess', () => {
  it('reaches exactly the process it names', async () => {
    const child = spawn('sleep', ['1000']);
    const identity = identify(child.pid!)!;
    expect(signalProcess({ ...identity, startTicks: identity.startTicks + 1 }, 'SIGKILL')).toBe(false);
    expect(signalProcess(identity, 'SIGKILL')).toBe(true);
    expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
    expect(isRunning(identity)).toBe(false);
  });
});
