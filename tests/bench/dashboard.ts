/**
 * How late, how smooth and how heavy the live page is: a real server on one
 * core, 10,000 recorded requests a second from four agents, 20 other clients,
 * and the page in a real browser. Exits 1 when a target is missed.
 *
 * Response sent → pixel: once a second and VM the load sends one failed
 * request, stamped so that its last response byte is at the host NIC now.
 * Nobody recorded a failed one, so it is known in every live message from
 * which on it is counted. In the page a script notes each message as it comes,
 * and looks in every animation frame at the errors and the end-to-end times
 * that stand there; where they are others than before it notes when that
 * frame was painted (a task queued in a frame runs after its paint). The first
 * frame whose numbers are those of a message with the mark, or of a later one,
 * shows it. Both clocks are this machine's wall clock. What is measured begins
 * where an agent finds a record in its ring: the kernel hands a record over
 * when the connection goes on, or is quiet for 150 ms.
 *
 *   --quick  some minutes instead of 40   --json  one JSON object
 *   --cpu-prof <folder>  profiles of the server's threads and of the page
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import type { Health } from '../../server/wire/views.ts';
import { buildPage } from '../dashboard/built-page.ts';
import { launchBrowser } from '../dashboard/live-page.ts';
import { ServerProcess } from '../server/server-process.ts';
import { askRanges, storeDay } from './dashboard-day.ts';
import { delaysOf, quantileOf } from './dashboard-delays.ts';
import { Load } from './dashboard-load.ts';
import { sharePriority, stayOn } from './dashboard-machine.ts';
import { LivePage } from './dashboard-page.ts';
import { type DashboardReport, type Delayed, printReport, type Smoothness, targetsOf } from './dashboard-report.ts';
import { Watchers } from './dashboard-watchers.ts';
import { cpuOf, cpuSince, growthOf } from './ingest-processes.ts';

function options() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'cpu-prof': { type: 'string' },
      },
    }).values;
  } catch (error) {
    console.error(`bench:dashboard: ${(error as Error).message}\nIt takes --quick, --json and --cpu-prof <folder>.`);
    process.exit(2);
  }
}

const { quick, json, 'cpu-prof': profiles } = options();
const PLAN = quick
  ? { delayS: 40, framesS: 15, busyS: 30, heapEveryS: 10, heapS: 60, dayRate: 3, rounds: 5 }
  : { delayS: 120, framesS: 60, busyS: 60, heapEveryS: 60, heapS: 1_800, dayRate: 30, rounds: 15 };
const RATE = 10_000;
const CLIENTS = 20;
const HISTORY = { seconds: 900, rate: 300 };
const OPENINGS = 3;
/** Until what the history told has left the last seconds that are shown, and marks are in all of them. */
const SETTLE_MS = 12_000;

const startMs = performance.now();
function say(line: string): void {
  console.error(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}`);
}

/** What must not outlive this process, newest last. */
const ends: (() => unknown)[] = [];
async function leaveNothing(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

/** On CPU 0, which everything else here leaves alone. */
async function serverOn(folder: string, nodeFlags: readonly string[] = [], words: readonly string[] = []) {
  const server = await ServerProcess.start(folder, 0, nodeFlags, { words, cpu: 0 });
  ends.push(() => server.kill());
  return server;
}

async function measureDay(): Promise<DashboardReport['day']> {
  const store = join(folder, 'day');
  const beganMs = performance.now();
  const requests = await storeDay(store, PLAN.dayRate);
  const storedS = (performance.now() - beganMs) / 1000;
  say(`24 h of ${requests} requests stored`);
  const server = await serverOn(store);
  const ranges = await askRanges(server.port, PLAN.rounds);
  await server.end('SIGTERM');
  return { requests, storedS, ranges };
}

interface Stage {
  server: ServerProcess;
  load: Load;
  page: LivePage;
}

async function health({ server }: Pick<Stage, 'server'>): Promise<Health> {
  return (await (await fetch(`http://127.0.0.1:${server.port}/api/health`)).json()) as Health;
}

async function measureDelay(stage: Stage): Promise<Delayed> {
  const { server, load, page } = stage;
  await delay(SETTLE_MS);
  const before = await load.ask({ what: 'marks' });
  await page.watch();
  const [cpu, beganMs] = [cpuOf(server.pid), performance.now()];
  await delay(PLAN.delayS * 1000);
  const { marks, requests } = await load.ask({ what: 'marks' });
  const seconds = (performance.now() - beganMs) / 1000;
  const serverCpu = cpuSince(cpu, cpuOf(server.pid)).all / seconds;
  // The last marks are on their way.
  await delay(2_000);
  const { messages, frames } = await page.seen();
  const { liveDelayMs } = await health(stage);
  const rate = (requests - before.requests) / seconds;
  return { ...delaysOf(marks, messages, frames), seconds, rate, serverCpu, liveDelayMs };
}

async function measureStalled(stage: Stage, watchers: Watchers): Promise<DashboardReport['stalled']> {
  const before = await health(stage);
  await watchers.stall();
  const delayed = await measureDelay(stage);
  const after = await health(stage);
  const rose = (name: string) => (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
  const skipped = (after.drops['live.skipped'] ?? 0) - (before.drops['live.skipped'] ?? 0);
  return { ...delayed, skipped, ended: rose('live.terminated') };
}

async function measureSmoothness(page: LivePage): Promise<Smoothness> {
  const intervals = (await page.frameIntervals(PLAN.framesS * 1000)).sort((a, b) => a - b);
  if (profiles !== undefined) await page.beginProfile();
  const [before, beganMs] = [await page.taskSeconds(), performance.now()];
  await delay(PLAN.busyS * 1000);
  const [taskS, forS] = [(await page.taskSeconds()) - before, (performance.now() - beganMs) / 1000];
  if (profiles !== undefined) await page.endProfile(profiles);
  const late = intervals.filter((ms) => ms > 2_500 / 60).length;
  return {
    seconds: PLAN.framesS,
    framesPerSecond: 1000 / quantileOf(intervals, 0.5),
    intervalP99Ms: quantileOf(intervals, 0.99),
    lateShare: late / intervals.length,
    busy: taskS / forS,
  };
}

async function measureHeap(page: LivePage): Promise<DashboardReport['heap']> {
  const samples: { seconds: number; bytes: number }[] = [];
  for (let seconds = 0; seconds <= PLAN.heapS; seconds += PLAN.heapEveryS) {
    samples.push({ seconds, bytes: await page.heapBytes() });
    if (seconds < PLAN.heapS) await delay(PLAN.heapEveryS * 1000);
  }
  return { seconds: PLAN.heapS, bytes: samples.map(({ bytes }) => bytes), growth: growthOf(samples) };
}

/** Several times: the last one stays open. */
async function openPage(browser: Browser, port: number) {
  const opened: DashboardReport['opened'] = [];
  for (;;) {
    const { page, opened: one } = await LivePage.open(browser, port);
    opened.push(one);
    if (opened.length === OPENINGS) return { page, opened };
    await page.close();
  }
}

async function measure(): Promise<DashboardReport> {
  const loadBefore = loadavg()[0]!;
  const day = await measureDay();
  const built = await buildPage();
  ends.push(() => built.remove());
  const flags = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const server = await serverOn(join(folder, 'live'), flags, ['--dashboard', built.directory]);
  const load = await Load.start(server.port);
  ends.push(() => load.kill());
  const { requests } = await load.ask({ what: 'history', ...HISTORY });
  await load.ask({ what: 'begin', rate: RATE });
  say(`${requests} requests of history are in, ${RATE} a second come`);
  await delay(SETTLE_MS);
  const browser = await launchBrowser();
  ends.push(() => browser.close());
  sharePriority();
  const { page, opened } = await openPage(browser, server.port);
  say('the page is open');
  const stage = { server, load, page };
  const watchers = new Watchers(server.port);
  ends.push(() => watchers.close());
  await watchers.add(CLIENTS);
  const alone = await measureDelay(stage);
  say(`delay: p99 ${Math.round(quantileOf(alone.ms, 0.99))} ms`);
  const stalled = await measureStalled(stage, watchers);
  say(`delay beside a stalled client: p99 ${Math.round(quantileOf(stalled.ms, 0.99))} ms`);
  watchers.close();
  const smooth = await measureSmoothness(page);
  say(`${smooth.framesPerSecond.toFixed(1)} frames a second`);
  const heap = await measureHeap(page);
  const clockMs = await page.clockDifference();
  const { dropped } = await load.ask({ what: 'end' });
  await server.end('SIGTERM');
  const machine = { cpus: cpus().length, model: cpus()[0]!.model, loadBefore, loadAfter: loadavg()[0]!, gpu: false };
  const history = { seconds: HISTORY.seconds, requests };
  return { quick, machine, clockMs, history, opened, alone, stalled, smooth, heap, day, dropped };
}

const folder = mkdtempSync(join(tmpdir(), 'hopscope-dashboard-'));
ends.push(() => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void leaveNothing().finally(() => process.exit(1)));
}
try {
  if (cpus().length > 1) stayOn(`1-${cpus().length - 1}`);
  const report = await measure();
  const targets = targetsOf(report);
  if (json) console.log(JSON.stringify({ benchmark: 'dashboard', node: process.version, ...report, targets }));
  else printReport(report);
  if (targets.some(([, met]) => met === false)) process.exitCode = 1;
} finally {
  await leaveNothing();
}
