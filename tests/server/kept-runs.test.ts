import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MAX_RUNS } from '../../server/run-list.ts';
import { RUNS_TOTAL } from '../../server/wire/run-views.ts';
import type { PathView, RunInfo, Summary } from '../../server/wire/views.ts';
import { exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, afterwards, attach, getJson, post, type Started, start } from './running-server.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const LATER = MAX_RUNS + 8;
/** Some start three servers, and a busy machine takes its time. */
const PATIENCE_MS = 60_000;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-kept-'));
  afterwards(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function page(server: Started, query = ''): Promise<{ names: string[]; last: string; total: number }> {
  const response = await fetch(`${server.url}/api/runs${query}`);
  const runs = (await response.json()) as RunInfo[];
  return {
    names: runs.map(({ name }) => name),
    last: runs.at(-1)?.id ?? '',
    total: Number(response.headers.get(RUNS_TOTAL)),
  };
}

/** Names of `later`, newest first. */
function named(from: number, to: number): string[] {
  return Array.from({ length: from - to + 1 }, (_, i) => `later ${from - i}`);
}

/** A run with 20 requests, and more runs after it than memory lists. */
async function manyRuns(store: string | null): Promise<Started> {
  const server = await start({ store, run: 'first' });
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  const { host: hosts, guest: guests } = exchanges(20, hostNowNs());
  host.peer.send(frame(1, hosts));
  guest.peer.send(frame(1, guests));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  for (let i = 1; i <= LATER; i++) await post(server, '/api/runs', { name: `later ${i}` });
  return server;
}

describe('runs that memory does not list any more', { timeout: PATIENCE_MS }, () => {
  it('are listed page by page, by this server and by the next one', async () => {
    const store = newFolder();
    const first = await manyRuns(store);
    const check = async (server: Started, own: string[]) => {
      const newest = await page(server);
      expect(newest.names).toEqual([...own, ...named(LATER, LATER - MAX_RUNS + 1 + own.length)]);
      expect(newest.total).toBe(LATER + 1 + own.length);
      const older = await page(server, `?limit=4&before=${newest.last}`);
      expect(older.names).toEqual(named(LATER - MAX_RUNS + own.length, LATER - MAX_RUNS + own.length - 3));
      expect(older.total).toBe(newest.total);
      const oldest = await page(server, `?before=${older.last}`);
      expect(oldest.names.at(-1)).toBe('first');
      expect(newest.names.length + older.names.length + oldest.names.length).toBe(newest.total);
      expect((await page(server, `?before=${oldest.last}`)).names).toEqual([]);
      expect((await page(server, '?limit=3')).names).toEqual(newest.names.slice(0, 3));
      expect((await page(server, '?name=later 2')).names).toEqual(['later 2']);
    };
    await check(first, []);
    await first.close();
    await check(await start({ store, run: 'next server' }), ['next server']);
  });

  it('answer as others do: summary, paths, quantiles, export, a comparison, by id or name', async () => {
    const server = await manyRuns(newFolder());
    const [old] = await getJson<RunInfo[]>(server, '/api/runs?name=first');
    const at = `/api/runs/${old!.id}`;
    expect(await getJson<RunInfo>(server, at)).toEqual(old);
    expect(await getJson<Summary>(server, `${at}/summary`)).toMatchObject({ run: old, exchanges: { joined: 20 } });
    expect(await getJson<PathView[]>(server, `${at}/paths?order=slowest&vm=web1`)).toHaveLength(20);
    expect(await getJson(server, `${at}/quantiles?q=0.5`)).toMatchObject({ exact: true, requests: 20, joined: 20 });
    expect((await fetch(`${server.url}${at}/export`)).headers.get('content-disposition')).toContain('first.parquet');
    expect(await getJson(server, `/api/compare?a=${old!.id}&b=current`)).toMatchObject({
      comparison: { a: { run: 'first' }, refusals: [expect.stringContaining('20 requests'), expect.anything()] },
    });
    const { stdout } = await promisify(execFile)(process.execPath, [
      FRONT_DOOR,
      'run',
      '--server',
      server.url,
      'show',
      'first',
    ]);
    expect(stdout).toMatch(/first: 20 joined, 20 complete/);
  });

  it('can be renamed and deleted, and no other run with them', async () => {
    const store = newFolder();
    const first = await manyRuns(store);
    const [old, other] = await Promise.all(
      ['first', 'later 1'].map(async (name) => (await getJson<RunInfo[]>(first, `/api/runs?name=${name}`))[0]!),
    );
    expect((await post(first, `/api/runs/${old!.id}`, { name: 'renamed', note: 'why' }, 'PATCH')).status).toBe(200);
    expect(await getJson<RunInfo>(first, `/api/runs/${old!.id}`)).toMatchObject({
      name: 'renamed',
      notes: [{ text: 'why' }],
    });
    expect((await post(first, `/api/runs/${old!.id}/resume`, {})).status).toBe(400);
    expect((await post(first, `/api/runs/${other!.id}`, {}, 'DELETE')).status).toBe(204);
    expect((await fetch(`${first.url}/api/runs/${other!.id}`)).status).toBe(404);
    expect((await page(first)).total).toBe(LATER);
    await first.close();
    const next = await start({ store });
    expect((await page(next, '?name=renamed')).names).toEqual(['renamed']);
    expect((await page(next)).total).toBe(LATER + 1);
  });

  it('are gone where there is only memory, and a page behind what is not there is refused', async () => {
    const server = await manyRuns(null);
    expect(await page(server)).toMatchObject({ names: named(LATER, LATER - MAX_RUNS + 1), total: MAX_RUNS });
    expect((await fetch(`${server.url}/api/runs?before=nobody`)).status).toBe(404);
    expect((await fetch(`${server.url}/api/runs?limit=0`)).status).toBe(400);
  });
});
