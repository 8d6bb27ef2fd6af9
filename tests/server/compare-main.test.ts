/** Two runs as agents deliver them, exported by the API and compared by the command, as a user would. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRecording } from '../../server/recordings.ts';
import { pathsOf } from '../../server/store/recording.ts';
import type { CompareView } from '../../server/wire/compare-views.ts';
import type { RunInfo } from '../../server/wire/views.ts';
import { exchange, exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, attach, getJson, post, type Started, start } from './running-server.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'hopscope-compared-'));
const [fileA, fileB] = [join(folder, 'a.parquet'), join(folder, 'b.parquet')];
afterAll(() => rmSync(folder, { recursive: true }));

async function compare(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await run(process.execPath, [FRONT_DOOR, 'compare', ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** 400 exchanges in a run; in the second one each is slower in the service. */
async function twoRuns(): Promise<{ server: Started; runs: RunInfo[] }> {
  const server = await start({ run: 'before' });
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  const send = async (sequence: number, slowerNs: number) => {
    const { host: hosts, guest: guests } = exchanges(400, hostNowNs(), { slowerNs }, sequence * 1000);
    host.peer.send(frame(sequence, hosts));
    guest.peer.send(frame(sequence, guests));
    await Promise.all([acked(host.peer, sequence), acked(guest.peer, sequence)]);
  };
  await send(1, 0);
  await post(server, '/api/runs', { name: 'after' });
  // Stamped before this moment, they would belong to the run before.
  const laterNs = hostNowNs() + 3_000_000_000n;
  const pairs = Array.from({ length: 400 }, (_, i) =>
    exchange(9000 + i, { atNs: laterNs + BigInt(i) * 2_000_000n, slowerNs: 50_000 + (i % 7) * 1000 }),
  );
  host.peer.send(
    frame(
      2,
      pairs.map((pair) => pair.host),
    ),
  );
  guest.peer.send(
    frame(
      2,
      pairs.map((pair) => pair.guest),
    ),
  );
  await Promise.all([acked(host.peer, 2), acked(guest.peer, 2)]);
  return { server, runs: (await getJson<RunInfo[]>(server, '/api/runs')).toReversed() };
}

describe('two runs of a server', () => {
  let found: { view: CompareView; runs: RunInfo[]; byName: string };
  /** Two stretches of one run: its requests in each, and what the API says of them. */
  let stretches: { within: string[]; requests: number[]; view: CompareView; refused: number };

  beforeAll(async () => {
    const { server, runs } = await twoRuns();
    for (const [i, { id }] of runs.entries()) {
      const answer = await fetch(`${server.url}/api/runs/${id}/export`);
      expect(answer.headers.get('content-disposition')).toContain(`${runs[i]!.name}.parquet`);
      writeFileSync([fileA, fileB][i]!, new Uint8Array(await answer.arrayBuffer()));
    }
    const view = await getJson<CompareView>(server, `/api/compare?a=${runs[0]!.id}&b=${runs[1]!.id}&force=1`);
    const { stdout } = await compare('before', 'after', '--server', server.url, '--force', '--json');
    found = { view, runs, byName: stdout };
    const times: number[] = [];
    for await (const { atMs, count } of pathsOf(fileA, () => 0)) times.push(...atMs.subarray(0, count));
    const cut = [0, 150, 399].map((row) => Math.floor(times[row]!));
    const within = [0, 1].map((i) => `@${cut[i]! / 1000}-${cut[i + 1]! / 1000}`);
    const requests = [0, 1].map((i) => times.filter((ms) => ms >= cut[i]! && ms < cut[i + 1]!).length);
    const [first, second] = within.map((text) => encodeURIComponent(runs[0]!.id + text));
    const ofOne = await getJson<CompareView>(server, `/api/compare?a=${first}&b=${second}&force=1`);
    const { status: refused } = await fetch(`${server.url}/api/compare?a=${runs[0]!.id}@9-8&b=${second}`);
    stretches = { within, requests, view: ofOne, refused };
  }, 60_000);

  it('become files that say which run they are', async () => {
    const [a, b] = await Promise.all([fileA, fileB].map((file) => loadRecording(file)));
    expect([a!.summary.run.name, b!.summary.run.name]).toEqual(['before', 'after']);
    expect([a!.rows, b!.rows]).toEqual([400, 400]);
    expect(a!.times.get('service')!.every((ns) => ns === 310_000)).toBe(true);
  });

  it('compare the same by the API, by name and from the files', async () => {
    const { stdout } = await compare(fileA, fileB, '--force', '--json');
    const fromFiles = JSON.parse(stdout);
    expect(fromFiles).toEqual({ ...found.view.comparison, verdicts: [] });
    expect(JSON.parse(found.byName)).toEqual(fromFiles);
    expect(fromFiles.sentence).toMatch(
      /^after adds 5\d\.\d µs \[.*\] at p\d+ against before; all of the difference .* is in service/,
    );
    expect(found.view.curves.find(({ layer }) => layer === 'service')!.a[0]).toBe(310_000);
  });

  it('are compared in stretches, by the API as from the file, also those of one run', async () => {
    const { within, requests, view, refused } = stretches;
    expect([view.comparison.a.requests, view.comparison.b.requests]).toEqual(requests);
    expect(Math.min(...requests)).toBeGreaterThan(100);
    expect(view.comparison.a.name).toMatch(/^before \d\d:\d\d:\d\d to /);
    const { stdout } = await compare(fileA + within[0]!, fileA + within[1]!, '--force', '--json');
    expect(JSON.parse(stdout)).toEqual({ ...view.comparison, verdicts: [] });
    expect(view.curves.find(({ layer }) => layer === 'service')!.b[0]).toBe(310_000);
    expect(refused).toBe(400);
  });

  it('are printed as a table that fits a terminal', async () => {
    const { code, stdout } = await compare(fileA, fileB, '--force');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^A {2}before/);
    expect(stdout).toMatch(/^service .*\+5\d\.\d µs \[.*\]\* .*100 %$/m);
    expect(Math.max(...lines.slice(0, -2).map((line) => line.length))).toBeLessThan(160);
  });

  it('guard a pipeline by the exit code', async () => {
    expect((await compare(fileA, fileB, '--force', '--fail-on', 'p50>10us')).code).toBe(3);
    expect((await compare(fileA, fileB, '--force', '--fail-on', 'p50>90%', '--layer', 'tcp.*')).code).toBe(0);
  });

  it('say what is wrong with what they are given', async () => {
    expect(await compare(fileA)).toMatchObject({ code: 2 });
    expect(await compare(fileA, fileB, '--fail-on', 'fast')).toMatchObject({ code: 2 });
    expect(await compare(fileA, join(folder, 'no.parquet'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no file'),
    });
    const nobody = await compare(fileA, 'r0', '--server', 'http://127.0.0.1:9');
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('no server answers') });
    writeFileSync(join(folder, 'text.parquet'), 'hello');
    const text = await compare(fileA, join(folder, 'text.parquet'));
    expect(text).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be read as a recording') });
  });
});
