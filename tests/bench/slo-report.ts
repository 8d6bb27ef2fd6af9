/** How long somebody waits for a report out of very many stored requests: a real server with them, asked by the command. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadObjectives } from '../../server/objectives-file.ts';
import { verifyReport } from '../../server/report/verify.ts';
import type { SloEpisode } from '../../server/wire/episode-views.ts';
import type { SloStretch } from '../../server/wire/slo-views.ts';
import { ServerProcess } from '../server/server-process.ts';
import { cpuOf } from './ingest-processes.ts';
import { type FilledRun, fillStore } from './query-store.ts';
import type { Row } from './slo.ts';

const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');
const OBJECTIVES = join(import.meta.dirname, '../../examples/objectives.yaml');
const OBJECTIVE = 'web-fast';
const LIMIT_S = 5;
const ROUNDS = 3;
const MINUTE_MS = 60_000;
/** How long the run has been over, and how long before its end the slow quarter of an hour ended. */
const OVER_MS = 30 * MINUTE_MS;
const CALM_MS = 60 * MINUTE_MS;
const SLOW_MS = 15 * MINUTE_MS;
/** A request takes some 3 ms; what is promised is 100. */
const TIMES_SLOWER = 100;

/** The slow minutes need some before them, at 50 requests a second. */
export const FEWEST_PATHS = 300_000;

/** @param paths how many the store has: of one run, with a slow quarter of an hour near its end */
export async function reports(paths: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-slo-'));
  try {
    const run = runOf(paths);
    const startMs = performance.now();
    await fillStore(
      folder,
      [run],
      loadObjectives(OBJECTIVES).objectives.map(({ indicator }) => indicator),
    );
    const filledS = (performance.now() - startMs) / 1000;
    const server = await ServerProcess.start(folder, 0);
    try {
      return await measured(
        server,
        folder,
        `${paths.toLocaleString('en')} stored paths, written in ${filledS.toFixed(0)} s`,
      );
    } finally {
      await server.end('SIGTERM');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runOf(paths: number): FilledRun {
  const endedMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - OVER_MS;
  const toMs = endedMs - CALM_MS;
  return {
    id: 'big',
    recording: 'virtio-net-pci.parquet',
    paths,
    endedMs,
    slow: { fromMs: toMs - SLOW_MS, toMs, times: TIMES_SLOWER },
  };
}

async function measured(server: ServerProcess, folder: string, over: string): Promise<Row[]> {
  const ask = async <T>(path: string) => (await (await fetch(`http://127.0.0.1:${server.port}${path}`)).json()) as T;
  const episode = (await ask<SloEpisode[]>('/api/slo/episodes')).find(({ objective }) => objective === OBJECTIVE);
  if (episode === undefined) throw new Error('there is no episode where a quarter of an hour was slow');
  const runs = await ask<{ startedMs: number; endedMs: number }[]>('/api/runs');
  const all = runs.reduce((a, b) => (a.startedMs < b.startedMs ? a : b));
  const row = (what: string, asked: SloStretch) => rowOf(`a report of ${what}`, timesOf(server, folder, asked), over);
  return [row('the slow minutes', episode), row('all of the run', { fromMs: all.startedMs, toMs: all.endedMs })];
}

interface Times {
  /** Of the command from its start to its end, s; the first one finds nothing in memory. */
  waitedS: number[];
  /** Of the server, for each. */
  cpuS: number[];
  bytes: number;
}

function timesOf({ pid, port }: ServerProcess, folder: string, { fromMs, toMs }: SloStretch): Times {
  const file = join(folder, 'report.html');
  const iso = (ms: number) => new Date(ms).toISOString();
  const words = ['slo', '--server', `http://127.0.0.1:${port}`, 'report', '--from', iso(fromMs), '--to', iso(toMs)];
  const times: Times = { waitedS: [], cpuS: [], bytes: 0 };
  for (let round = 0; round <= ROUNDS; round++) {
    const [startMs, before] = [performance.now(), cpuOf(pid).all];
    const { status, stderr } = spawnSync(
      process.execPath,
      [FRONT_DOOR, ...words, '--objective', OBJECTIVE, '-o', file],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`no report: ${stderr}`);
    times.waitedS.push((performance.now() - startMs) / 1000);
    times.cpuS.push(cpuOf(pid).all - before);
  }
  const html = readFileSync(file, 'utf8');
  const verified = verifyReport(html);
  if (!verified.ok) throw new Error(`the report does not hold: ${verified.why}`);
  if (verified.data.episode.bad.length === 0) throw new Error('the report has no bad request');
  return { ...times, bytes: html.length };
}

/** The longest counts. */
function rowOf(what: string, { waitedS, cpuS, bytes }: Times, over: string): Row {
  const longest = Math.max(...waitedS);
  const text = (all: readonly number[]) => all.map((seconds) => seconds.toFixed(1)).join(', ');
  return {
    what,
    measured: `${longest.toFixed(1)} s`,
    want: `<= ${LIMIT_S} s`,
    ok: longest <= LIMIT_S,
    over: `${over}; each from the command's start: ${text(waitedS)} s, of them ${text(cpuS)} s of the server's CPU; ${(bytes / 1e6).toFixed(1)} MB`,
  };
}
