import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { Health, PathView, RunInfo } from '../../server/wire/views.ts';
import { until } from '../agent/until.ts';
import { exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, afterwards, attach, getJson, post, type Started, start } from './running-server.ts';

const MAIN = join(import.meta.dirname, '../../server/main.ts');
const FILE = 'hopscope.duckdb';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-store-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of so many MiB; needs root, as most of what we do. */
function smallDisk(mebibytes: number): string {
  const folder = newFolder();
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  if (status !== 0) throw new Error(String(stderr));
  afterwards(() => spawnSync('umount', [folder]));
  return folder;
}

/** As a person starts it. */
function refusal(store: string): { status: number | null; stderr: string } {
  const args = [MAIN, '--store', store, '--listen', '127.0.0.1:0', '--token', 'a-token-for-tests'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 15_000 });
  return { status, stderr };
}

async function change(folder: string, ...statements: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, FILE));
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

/** Attached agents that send `count` exchanges in a frame each time. */
async function sender(server: Started) {
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest');
  let sequence = 0;
  const send = (count: number) => {
    sequence++;
    const records = exchanges(count, hostNowNs(), {}, sequence * 10_000);
    host.peer.send(frame(sequence, records.host));
    guest.peer.send(frame(sequence, records.guest));
    return sequence;
  };
  return { host: host.peer, guest: guest.peer, send };
}

describe('a store that cannot be had', () => {
  it('ends the start with 1 and says what to do', async () => {
    const broken = newFolder();
    writeFileSync(join(broken, FILE), 'this is no database');
    const newer = newFolder();
    await (await start({ store: newer })).close();
    await change(newer, "UPDATE hopscope SET schema = 99, version = '9.9.9'");
    const foreign = newFolder();
    await change(foreign, 'CREATE TABLE customers (id INTEGER)');
    const expected: [string, RegExp][] = [
      [broken, /cannot be read \(.*not a valid DuckDB database file.*move it away/],
      [newer, /written by Hopscope 9\.9\.9 \(format 99.*give --store another folder/],
      [foreign, /database of something else: give --store another folder/],
      ['/proc/nothing/here', /cannot be written \(ENOENT\): give a folder/],
      [join(broken, FILE), /cannot be written \((ENOTDIR|EEXIST)\): give a folder/],
    ];
    for (const [store, message] of expected) {
      const { status, stderr } = refusal(store);
      expect(stderr).toMatch(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(status).toBe(1);
    }
  }, 60_000);

  it('is the case on a file system that is read-only', () => {
    const disk = smallDisk(4);
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
    expect(refusal(join(disk))).toMatchObject({ status: 1, stderr: expect.stringMatching(/\(EROFS\): give a folder/) });
  });

  it('is the case while another server has it, and names that one', async () => {
    const store = newFolder();
    await start({ store });
    const { status, stderr } = refusal(store);
    expect(stderr).toMatch(new RegExp(`in use by another server \\(process ${process.pid}\\): stop it`));
    expect(status).toBe(1);
  });
});

describe('a server with a store', () => {
  it('lists the runs of the one before it, with their paths, and goes on with a run of its own', async () => {
    const store = newFolder();
    const first = await start({ store, run: 'before' });
    const agents = await sender(first);
    agents.send(20);
    await acked(agents.host, 1);
    const [before] = await getJson<RunInfo[]>(first, '/api/runs');
    await first.close();
    const second = await start({ store, run: 'after' });
    const runs = await getJson<RunInfo[]>(second, '/api/runs');
    expect(runs.map(({ name, exchanges }) => [name, exchanges])).toEqual([
      ['after', 0],
      ['before', 20],
    ]);
    expect(runs[1]).toMatchObject({ id: before!.id, startedMs: before!.startedMs, vms: ['web1'] });
    const paths = await getJson<PathView[]>(second, `/api/runs/${before!.id}/paths?order=slowest&vm=web1`);
    expect(paths).toHaveLength(20);
    expect(paths[0]).toMatchObject({ vm: 'web1', method: 'GET', path: '/index.html', complete: true });
    expect(await getJson<PathView>(second, `/api/paths/${paths[0]!.id}`)).toEqual(paths[0]);
    expect((await post(second, `/api/runs/${before!.id}/resume`, {})).status).toBe(400);
    expect((await post(second, `/api/runs/${before!.id}`, { name: 'renamed' }, 'PATCH')).status).toBe(200);
    await second.close();
    const third = await start({ store });
    expect((await getJson<RunInfo[]>(third, '/api/runs')).map(({ name }) => name)).toEqual([
      'live',
      'after',
      'renamed',
    ]);
    expect((await post(third, `/api/runs/${before!.id}`, {}, 'DELETE')).status).toBe(204);
    await third.close();
    const fourth = await start({ store });
    expect((await getJson<RunInfo[]>(fourth, '/api/runs')).map(({ name }) => name)).toEqual(['live', 'live', 'after']);
  });

  it('knows what agents send again to the next server', async () => {
    const store = newFolder();
    const first = await start({ store });
    const before = await sender(first);
    before.send(50);
    await acked(before.host, 1);
    await first.close();
    const second = await start({ store });
    const after = await sender(second);
    after.send(50); // the same keys
    await Promise.all([acked(after.host, 1), acked(after.guest, 1)]);
    const { counters } = await getJson<Health>(second, '/api/health');
    expect(counters['join.duplicate']).toBe(100);
    expect(await getJson<PathView[]>(second, '/api/runs/current/paths')).toEqual([]);
  });

  it('goes on live when the disk is full, acknowledges nothing meanwhile, and makes up for it afterwards', async () => {
    const disk = smallDisk(8);
    const store = join(disk, 'store');
    mkdirSync(store);
    const server = await start({ store });
    const agents = await sender(server);
    agents.send(10);
    await acked(agents.host, 1);
    const ballast = join(disk, 'ballast');
    const filled = spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096']);
    expect(filled.status).not.toBe(0); // until the disk was full
    agents.send(500);
    const failed = ({ counters }: Health) => counters['store.failed']! > 2;
    await until(() => getJson<Health>(server, '/api/health'), failed);
    expect(await getJson<PathView[]>(server, '/api/runs/current/paths?limit=1000')).toHaveLength(510);
    expect(agents.host.received.at(-1)).toBe(JSON.stringify({ type: 'ack', sequence: 1 }));
    rmSync(ballast);
    await acked(agents.host, 2);
    const { drops } = await getJson<Health>(server, '/api/health');
    expect(drops['store.lost']).toBe(0);
    const { id } = await getJson<RunInfo>(server, '/api/runs/current');
    await server.close();
    const next = await start({ store });
    expect(await getJson<PathView[]>(next, `/api/runs/${id}/paths?limit=1000`)).toHaveLength(510);
  });
});
