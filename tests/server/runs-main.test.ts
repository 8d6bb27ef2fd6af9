/** `hopscope run …` against a real server, and the recording that it exports replayed by a second one. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { PathView, RunInfo, Summary } from '../../server/wire/views.ts';
import { exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, afterwards, attach, getJson, type Started, start, TOKEN } from './running-server.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const execute = promisify(execFile);

async function hopscope(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await execute(process.execPath, [FRONT_DOOR, ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'hopscope-runs-'));
  afterwards(() => rmSync(path, { recursive: true }));
  return path;
}

async function measured(count = 50): Promise<{ server: Started; at: string[] }> {
  const server = await start({ run: 'measured' });
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  const { host: hosts, guest: guests } = exchanges(count, hostNowNs());
  let sequence = 0;
  for (let at = 0; at < count; at += 500) {
    host.peer.send(frame(++sequence, hosts.slice(at, at + 500)));
    guest.peer.send(frame(sequence, guests.slice(at, at + 500)));
  }
  await Promise.all([acked(host.peer, sequence), acked(guest.peer, sequence)]);
  return { server, at: ['--server', server.url, '--token', TOKEN] };
}

describe('hopscope run', () => {
  it('starts, names, annotates, ends and deletes runs', async () => {
    const { server, at } = await measured();
    const json = async (...args: string[]) => JSON.parse((await hopscope('run', ...at, '--json', ...args)).stdout);
    expect(await json('start', 'after')).toMatchObject({ name: 'after', labels: {}, notes: [] });
    expect(await json('rename', 'after', 'after the update')).toMatchObject({ name: 'after the update' });
    expect(await json('note', 'current', 'a new kernel')).toMatchObject({ notes: [{ text: 'a new kernel' }] });
    expect(await json('label', 'current', 'kernel=6.12', 'by=me')).toMatchObject({
      labels: { kernel: '6.12', by: 'me' },
    });
    const list = (await hopscope('runs', ...at)).stdout.split('\n');
    expect(list[1]).toMatch(/^r\w+ +after the update +20.* open +0$/);
    expect(list[2]).toMatch(/^r\w+ +measured +20.* 50$/);
    expect((await hopscope('run', ...at, 'show', 'measured')).stdout).toMatch(/measured: 50 joined, 50 complete/);
    expect(await json('end', 'current')).toMatchObject({ run: { endedMs: expect.any(Number) } });
    await json('delete', 'measured');
    expect((await getJson<RunInfo[]>(server, '/api/runs')).map(({ name }) => name)).toEqual(['after the update']);
  });

  it('says what is wrong, and changes nothing without the token', async () => {
    const { server, at } = await measured(1);
    const refused = await hopscope('run', '--server', server.url, 'start', 'x');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('token of the agents') });
    expect(await hopscope('run', ...at, 'delete', 'current')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/begin another one/),
    });
    expect(await hopscope('run', ...at, 'show', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no run nobody/),
    });
    expect(await hopscope('run', ...at, 'label', 'current', 'x')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/key=value/),
    });
    expect(await hopscope('run', ...at, 'import', FRONT_DOOR)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the body cannot be read/),
    });
    expect(await hopscope('run', 'fly')).toMatchObject({ code: 2 });
  });

  it('carries a run from one server to another, path for path', async () => {
    // More than are read at once: the server's clock ticks in between.
    const { server, at } = await measured(5000);
    const file = join(folder(), 'run.parquet');
    expect((await hopscope('run', ...at, 'export', 'measured', file)).stdout).toContain(`${statSync(file).size} bytes`);
    const other = await start({ run: 'elsewhere' });
    const run = JSON.parse(
      (await hopscope('run', '--server', other.url, '--token', TOKEN, '--json', 'import', file)).stdout,
    ) as RunInfo;
    expect(run).toMatchObject({ name: 'measured', exchanges: 5000, recordedMs: expect.any(Number) });
    expect((await getJson<RunInfo>(other, '/api/runs/current')).name).toBe('elsewhere');
    // Offsets count from each clock's own zero, which a recording moves to the path's first stamp.
    const paths = async (from: Started, id: string) =>
      (await getJson<PathView[]>(from, `/api/runs/${id}/paths?limit=1000`)).map(
        ({ id: _, run: __, clock: { method, boundNs }, ...path }) => ({ ...path, method, boundNs }),
      );
    expect(await paths(other, run.id)).toEqual(await paths(server, 'current'));
    const numbers = ({ layers, endToEnd, exchanges: counts, provenance, classes }: Summary) =>
      ({ layers, endToEnd, counts, provenance, classes }); // biome-ignore format: one object
    const told = await getJson<Summary>(other, `/api/runs/${run.id}/summary`);
    expect(numbers(told)).toEqual(numbers(await getJson<Summary>(server, '/api/runs/current/summary')));
  });
});

describe('hopscope replay', () => {
  it('gives a recording’s numbers without root, VM or agent', async () => {
    const { at } = await measured();
    const file = join(folder(), 'run.parquet');
    await hopscope('run', ...at, 'export', 'measured', file);
    const listen = `unix:${join(folder(), 'socket')}`;
    const { stdout } = await hopscope('replay', file, '--speed', 'max', '--listen', listen, '--json');
    const summary = JSON.parse(stdout) as Summary;
    expect(summary.run).toMatchObject({ name: 'measured', exchanges: 50, recordedMs: expect.any(Number) });
    expect(summary.exchanges).toMatchObject({ joined: 50, complete: 50, host: 50 });
    expect(summary.provenance.guest?.driver).toBe('virtio_net');
  });

  it('plays it as it happened, and serves it until it is told to end', async () => {
    const { at } = await measured();
    const file = join(folder(), 'run.parquet');
    await hopscope('run', ...at, 'export', 'measured', file);
    const child = spawn(process.execPath, [FRONT_DOOR, 'replay', file, file, '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    afterwards(() => child.kill('SIGKILL'));
    const url = await announced(child);
    const seen = new Set<number>();
    for (let joined = 0; joined < 50; ) {
      const { run } = (await (await fetch(`${url}/api/runs/current/summary`)).json()) as Summary;
      joined = run.recordedMs === null ? 0 : run.exchanges;
      seen.add(joined);
    }
    expect((await (await fetch(`${url}/api/runs`)).json()) as RunInfo[]).toHaveLength(3);
    child.kill('SIGTERM');
    expect((await once(child, 'close'))[0]).toBe(0);
  });

  it('says which file is none', async () => {
    expect(await hopscope('replay', FRONT_DOOR)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot be read as a recording/),
    });
    expect(await hopscope('replay', '/nowhere.parquet')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/there is no file/),
    });
    expect(await hopscope('replay')).toMatchObject({ code: 2 });
    expect(await hopscope('replay', FRONT_DOOR, '--speed', '0')).toMatchObject({ code: 2 });
  });
});

function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (data) => {
      said += data;
      const url = /at (http:\S+)/.exec(said)?.[1];
      if (url) resolve(url);
    });
    child.once('close', () => reject(new Error(said)));
  });
}
