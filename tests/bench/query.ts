/**
 * How long a person waits for answers about many stored paths, asked of a real
 * server by its API: the summary of a run, exact quantiles of all its times,
 * those that a server finds before anybody asks and others, its slowest
 * requests, a comparison of two runs; and beside the store's answers the naive
 * way: every path read from the file row by row into an object, arrays of them
 * sorted. The store was tidied as a server does every 15 s; the first call of
 * each question is the first one after the start. Exits 1 when a target is missed.
 *   --quick  300,000 paths instead of 10 million; targets stay   --json  one JSON object
 *   --paths <n>  so many, of which two runs of a tenth each are compared
 *   --folder <path>  keep the store there, and use the one that is there already
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SHIFTED } from '../../server/compare/run-digest.ts';
import type { CompareView } from '../../server/wire/compare-views.ts';
import type { QuantilesView } from '../../server/wire/run-views.ts';
import type { PathView, Summary } from '../../server/wire/views.ts';
import { ServerProcess } from '../server/server-process.ts';
import { naiveAnswers } from './query-naive.ts';
import { type FilledRun, fillStore } from './query-store.ts';

const {
  quick,
  json,
  folder: kept,
  paths: size,
} = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    folder: { type: 'string' },
    paths: { type: 'string' },
  },
}).values;
const PATHS = size === undefined ? (quick ? 300_000 : 10_000_000) : Number(size);
const COMPARED = PATHS / 10;
const RUNS: readonly FilledRun[] = [
  { id: 'before', recording: 'e1000.parquet', paths: COMPARED },
  { id: 'after', recording: 'virtio-net-pci.parquet', paths: COMPARED },
  { id: 'big', recording: 'virtio-net-pci.parquet', paths: PATHS - 2 * COMPARED },
];
/** After the first one, which finds nothing in memory. */
const ROUNDS = quick ? 3 : 7;
/** Linux counts a process's CPU in hundredths of a second. */
const MS_PER_TICK = 10;
/** The naive way has some 2 KB in memory for each path: so many of the big run are read, and the time is scaled. */
const NAIVE_PATHS = quick ? 30_000 : 200_000;

interface Question {
  name: string;
  path: string;
  targetMs: number;
  /** Throws where it is no answer to the question. */
  check(answer: unknown): void;
}

const QUESTIONS: readonly Question[] = [
  {
    name: 'summary of a run',
    path: '/api/runs/big/summary',
    targetMs: 300,
    check: (answer) => wanted((answer as Summary).exchanges.joined, RUNS[2]!.paths),
  },
  {
    name: 'exact quantiles, all times',
    path: '/api/runs/big/quantiles?q=0.5,0.9,0.99,0.999',
    targetMs: 4_000,
    check: (answer) => wanted((answer as QuantilesView).requests, RUNS[2]!.paths),
  },
  {
    name: 'other quantiles, all times',
    path: '/api/runs/big/quantiles?q=0.25,0.75,0.98,0.9999',
    targetMs: 4_000,
    check: (answer) => wanted((answer as QuantilesView).requests, RUNS[2]!.paths),
  },
  {
    name: 'slowest 100',
    path: '/api/runs/big/paths?order=slowest&limit=100',
    targetMs: 200,
    check: (answer) => wanted((answer as PathView[]).length, 100),
  },
  {
    name: 'compare two runs',
    path: '/api/compare?a=before&b=after&force=1',
    targetMs: 3_000,
    check: (answer) => wanted((answer as CompareView).curves.length, SHIFTED.length),
  },
];

function wanted(found: number, expected: number): void {
  if (found !== expected) throw new Error(`an answer has ${found} where ${expected} is right`);
}

interface Waited {
  name: string;
  targetMs: number;
  coldMs: number;
  medianMs: number;
  worstMs: number;
  /** Of the server, for one call. */
  cpuMs: number;
  naiveMs: number | null;
}

async function ask(port: number, { path, check }: Question): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const answer: unknown = await response.json();
  const tookMs = performance.now() - startedMs;
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  check(answer);
  return tookMs;
}

/** What a process has used so far. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

async function measure({ port, pid }: ServerProcess, question: Question): Promise<Omit<Waited, 'naiveMs'>> {
  const { name, targetMs } = question;
  const coldMs = await ask(port, question);
  const all: number[] = [];
  const before = cpuMsOf(pid);
  for (let round = 0; round < ROUNDS; round++) all.push(await ask(port, question));
  const cpuMs = (cpuMsOf(pid) - before) / ROUNDS;
  all.sort((a, b) => a - b);
  return { name, targetMs, coldMs, medianMs: all[all.length >> 1]!, worstMs: all.at(-1)!, cpuMs };
}

function told(all: readonly Waited[], filledS: number | null): string[] {
  const paths = (count: number) => count.toLocaleString('en');
  const ms = (value: number | null) => (value === null ? '–' : `${Math.round(value)} ms`).padStart(11);
  const rows = all.map(({ name, targetMs, coldMs, medianMs, worstMs, cpuMs, naiveMs }) => {
    const ratio = naiveMs === null ? '' : `${(naiveMs / medianMs).toFixed(0)} x`.padStart(8);
    return `${name.padEnd(28)}${[targetMs, coldMs, medianMs, worstMs, cpuMs, naiveMs].map(ms).join('')}${ratio}`;
  });
  return [
    `query, ${paths(PATHS)} stored paths, Node ${process.version}`,
    `the requests of two shipped recordings, repeated over other connections, at other times and of other sizes,`,
    filledS === null ? 'in a store of before' : `written by the store's own writer in ${Math.round(filledS)} s`,
    `asked of a run of ${paths(RUNS[2]!.paths)} paths; two of ${paths(COMPARED)} each are compared`,
    `${''.padEnd(28)}${['target', 'first', 'median', 'worst', 'CPU', 'naive'].map((word) => word.padStart(11)).join('')}`,
    ...rows,
    `first: after the start; CPU: of the server, a call after it; load of the machine at the end ${loadavg()[0]!.toFixed(1)}`,
    `naive: row by row into objects, from ${paths(NAIVE_PATHS)} paths at most, scaled to all that were asked about`,
  ];
}

const folder = kept ?? mkdtempSync(join(tmpdir(), 'hopscope-query-'));
let filledS: number | null = null;
if (!existsSync(join(folder, 'hopscope.duckdb'))) {
  const startedMs = performance.now();
  await fillStore(folder, RUNS);
  filledS = (performance.now() - startedMs) / 1000;
}
const server = await ServerProcess.start(folder, 0);
const measured: Omit<Waited, 'naiveMs'>[] = [];
try {
  for (const question of QUESTIONS) measured.push(await measure(server, question));
} finally {
  await server.end('SIGTERM');
}
const naive = await naiveAnswers(folder, RUNS, NAIVE_PATHS);
const naiveMs = [null, naive.quantilesMs, naive.quantilesMs, naive.slowestMs, naive.comparedMs];
const all = measured.map((each, i): Waited => ({ ...each, naiveMs: naiveMs[i]! }));
if (kept === undefined) rmSync(folder, { recursive: true });

if (json)
  console.log(
    JSON.stringify({
      paths: PATHS,
      compared: COMPARED,
      filledS,
      node: process.version,
      load: loadavg()[0],
      answers: all,
    }),
  );
else console.log(told(all, filledS).join('\n'));
for (const { name, targetMs, coldMs, worstMs } of all) {
  const longestMs = Math.max(coldMs, worstMs);
  if (longestMs <= targetMs) continue;
  console.error(`${name}: ${Math.round(longestMs)} ms at worst, at most ${targetMs} wanted`);
  process.exitCode = 1;
}
