/**
 * Recorded real records, replayed by two agents into a real server with a
 * store: how many requests a second of CPU it joins and stores, on how many
 * bytes of disk, and how old the live numbers are meanwhile. In the same
 * blocks the naive way and an OpenTelemetry Collector take the same requests;
 * then the server alone, at a steady rate. Exits 1 when a target is missed.
 *   --quick  3 short blocks and 20 s instead of 6 and two minutes   --json  one JSON object
 *   --seed <n>  --cpu-prof <folder>  profiles of the server's threads
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stored } from '../server/killed-server.ts';
import { abbaOrder, median, seeded } from './cost-statistics.ts';
import { CollectorContender } from './ingest-collector.ts';
import { type Block, type Contender, NaiveContender, ServerContender } from './ingest-contenders.ts';
import { LiveWatch } from './ingest-live.ts';
import { MemoryWatch } from './ingest-processes.ts';
import { recordedExchanges } from './ingest-records.ts';
import { type IngestReport, type Name, printReport, rowOf, type Sustained, targetsOf } from './ingest-report.ts';
import { Traffic } from './ingest-traffic.ts';

const { quick, json, ...given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    'cpu-prof': { type: 'string' },
  },
}).values;
/** Requests of a block, so that each takes some seconds. */
const PLAN = quick
  ? { rounds: 3, seconds: 20, requests: { hopscope: 60_000, naive: 1_500, collector: 12_000 } }
  : { rounds: 6, seconds: 120, requests: { hopscope: 200_000, naive: 5_000, collector: 36_000 } };
/** Of what the server takes at most: it must keep up for as long as wanted. */
const STEADY_SHARE = 0.8;
const MEMORY_EVERY_MS = 250;

const random = seeded(Number(given.seed));
const startMs = performance.now();
function say(line: string): void {
  console.error(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}`);
}

/** All of them live through all rounds; the first round only warms them up. */
async function takeTurns(contenders: Record<Name, Contender>): Promise<Record<Name, Block[]>> {
  const blocks: Record<Name, Block[]> = { hopscope: [], naive: [], collector: [] };
  const names = Object.keys(blocks) as Name[];
  for (const [round, order] of [names, ...abbaOrder(names, PLAN.rounds, random)].entries()) {
    for (const name of order) {
      const block = await contenders[name].take({ requests: PLAN.requests[name], rate: null });
      if (round > 0) blocks[name].push(block);
      say(`round ${round} ${name}: ${Math.round(block.requests / block.cpu.all)} requests a CPU-second`);
    }
  }
  return blocks;
}

async function keepSteady(server: ServerContender, rate: number): Promise<Sustained> {
  const live = new LiveWatch(server.port);
  const memory = new MemoryWatch(server.pid, MEMORY_EVERY_MS);
  const { requests, seconds, cpu } = await server.take({ requests: Math.round(rate * PLAN.seconds), rate });
  memory.end();
  await live.end();
  return {
    seconds: PLAN.seconds,
    rate,
    endedAfterS: seconds - PLAN.seconds,
    perCpuSecond: requests / cpu.all,
    perMainSecond: requests / cpu.main,
    perWorkerSecond: requests / cpu.worker,
    liveDelayMs: { median: median(live.delaysMs), most: Math.max(...live.delaysMs) },
    longestGapMs: live.longestGapMs,
    residentMostBytes: memory.mostBytes,
    residentGrowth: memory.growth,
  };
}

/** What must not outlive this process. */
const started: Contender[] = [];

async function begun<T extends Contender>(starting: Promise<T>): Promise<T> {
  const contender = await starting;
  started.push(contender);
  return contender;
}

function leaveNothing(): void {
  for (const contender of started) contender.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<IngestReport> {
  const profile = given['cpu-prof'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const recorded = await recordedExchanges();
  const hopscope = await begun(ServerContender.start(join(folder, 'store'), flags));
  const naive = await begun(NaiveContender.start(join(folder, 'naive.duckdb')));
  const collector = await begun(CollectorContender.start(recorded));
  say('all are up');
  const blocks = await takeTurns({ hopscope, naive, collector });
  const rows = (Object.keys(blocks) as Name[]).map((name) => rowOf(name, blocks[name], blocks.hopscope, random));
  await collector.end();
  rows.find(({ name }) => name === 'naive')!.bytesPerRequest = await naive.end();
  const capacity = median(blocks.hopscope.map(({ requests, seconds }) => requests / seconds));
  const sustained = await keepSteady(hopscope, Math.round(STEADY_SHARE * capacity));
  const { drops, unmatched } = await hopscope.health();
  rows.find(({ name }) => name === 'hopscope')!.bytesPerRequest = await hopscope.end();
  const { requests, ...rest } = await stored(join(folder, 'store'));
  const account = {
    ...{ sent: hopscope.taken, stored: requests, ...rest, droppedByAgents: hopscope.dropped },
    ...{ drops, unmatched: unmatched.host + unmatched.guest },
  };
  return {
    quick,
    exchanges: recorded.length,
    connections: new Traffic(recorded).connections,
    rows,
    sustained,
    account,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'hopscope-ingest-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    leaveNothing();
    process.exit(1);
  });
}
try {
  const report = await measure();
  const targets = targetsOf(report);
  if (json) console.log(JSON.stringify({ benchmark: 'ingest', node: process.version, ...report, targets }));
  else printReport(report);
  if (targets.some(([, met]) => met === false)) process.exitCode = 1;
} finally {
  leaveNothing();
}
