/**
 * A real guest under load whose server is killed with SIGKILL again and again:
 * of each objective every minute is counted as a recount of the stored paths in
 * plain SQL counts it, and so says the server that is started on that store
 * afterwards. Exits 1 where anything differs.
 *   npm run bench:slo-restarts [-- --minutes 60] [--kills 4] [--rate 50] [--seed 1] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { alignedTable } from '../../lab/columns.ts';
import { seededRandom } from '../../server/compare/random.ts';
import type { SloView } from '../../server/wire/slo-views.ts';
import type { Summary } from '../../server/wire/views.ts';
import { stored } from '../server/killed-server.ts';
import { ServerProcess } from '../server/server-process.ts';
import { LabRun } from '../vm/lab-run.ts';

const OBJECTIVES = join(import.meta.dirname, '../../examples/objectives.yaml');
/** Of its share of the time a kill leaves so much before and behind it alone: a server has to be there to be killed. */
const MARGIN = 0.2;
/** A request that one vantage had told of and the other had not when its server was killed may be without its other half. */
const KEPT = 0.99;
const JOINED_WITHIN_MS = 180_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    kills: { type: 'string', default: '4' },
    rate: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'minutes' | 'kills' | 'rate' | 'seed', least: number): number {
  const value = Number(values[name]);
  if (value >= least) return value;
  console.error(`--${name} ${values[name]}: expected a number of at least ${least}`);
  process.exit(2);
}

const [minutes, kills, rate, seed] = [
  numberOf('minutes', 1),
  numberOf('kills', 1),
  numberOf('rate', 1),
  numberOf('seed', 0),
];

/** When servers are killed, ms from the beginning: one in each share of the time. */
function instants(): number[] {
  const random = seededRandom(seed);
  const shareMs = (minutes * 60_000) / kills;
  return Array.from({ length: kills }, (_, i) => shareMs * (i + MARGIN + (1 - 2 * MARGIN) * random()));
}

interface Lived {
  /** ms of each kill since the beginning. */
  killedMs: number[];
  /** Requests that the load sent, and to which an answer came. */
  sent: number;
  answered: number;
}

async function lab(folder: string): Promise<Lived> {
  const run = await LabRun.startWith({ HOPSCOPE_STORE: folder }, '--objectives', OBJECTIVES, '--rate', String(rate));
  const killedMs: number[] = [];
  try {
    await run.joined(2 * rate, JOINED_WITHIN_MS);
    const startMs = performance.now();
    const passedMs = () => performance.now() - startMs;
    for (const atMs of instants()) {
      await delay(atMs - passedMs()); // the life of this server, not a wait for something
      process.kill(run.processWith('server'), 'SIGKILL');
      killedMs.push(passedMs());
      if (!values.json) console.error(`killed after ${Math.round(passedMs() / 1000)} s`);
      await run.joined(rate, JOINED_WITHIN_MS);
    }
    await delay(minutes * 60_000 - passedMs());
    run.finish();
    const { code, stdout, stderr } = await run.ended;
    if (code !== 0) throw new Error(`hopscope up ended with ${code}:\n${stderr}`);
    const { sent, answered } = (JSON.parse(stdout) as Summary).load!;
    return { killedMs, sent, answered };
  } finally {
    await run.stop();
  }
}

/** Of a server that is started on the store when all is over. */
async function told(folder: string): Promise<SloView> {
  const server = await ServerProcess.start(folder, 0);
  try {
    const fromS = Math.floor(Date.now() / 1000 - (minutes + 60) * 60);
    return (await (await fetch(`http://127.0.0.1:${server.port}/api/slo?from=${fromS}`)).json()) as SloView;
  } finally {
    await server.end('SIGTERM');
  }
}

const folder = mkdtempSync(join(tmpdir(), 'hopscope-slo-restarts-'));
const { killedMs, sent, answered } = await lab(folder);
const { rows, requests, runless, minutes: compared, wrongMinutes, wrongSeconds, counted } = await stored(folder);
const { results } = await told(folder);
rmSync(folder, { recursive: true });

const objectives = results.map(({ objective, counts: { total, good } }) => ({
  objective,
  told: { total, good },
  counted: counted[objective] ?? { total: 0, good: 0 },
}));
const isTold = objectives.every((one) => one.told.total === one.counted.total && one.told.good === one.counted.good);
const faults: readonly [number, string][] = [
  [rows - requests, 'requests stored twice'],
  [runless, 'stored without their run'],
  [wrongMinutes.length, 'minutes of objectives that a recount of the paths counts otherwise'],
  [wrongSeconds.length, 'roll-ups that it counts otherwise'],
  [isTold ? 0 : 1, 'answers of the API that differ from it'],
  [requests < KEPT * answered ? answered - requests : 0, `answered requests that are not in the store, of ${answered}`],
];
if (values.json) {
  console.log(
    JSON.stringify({
      minutes,
      rate,
      seed,
      killedMs,
      sent,
      answered,
      rows,
      requests,
      compared,
      wrongMinutes,
      objectives,
    }),
  );
} else {
  const seconds = killedMs.map((ms) => Math.round(ms / 1000)).join(', ');
  console.log(
    `slo-restarts, ${minutes} min of a guest at ${rate} requests/s, server killed after ${seconds} s, seed ${seed}`,
  );
  console.log(
    `${sent} requests sent, ${answered} answered, ${requests} in the store; ${compared} minutes of objectives compared`,
  );
  const cells = objectives.map(({ objective, told: api, counted: sql }) =>
    [objective, sql.total, sql.good, api.total, api.good].map(String),
  );
  const head = ['objective', 'requests by SQL', 'good', 'by the API', 'good'];
  console.log(alignedTable([head, ...cells]).join('\n'));
  for (const [count, what] of faults) console.log(`${String(count).padStart(8)} ${what}`);
  for (const wrong of [...wrongMinutes, ...wrongSeconds].slice(0, 10)) console.error(wrong);
}
if (faults.some(([count]) => count !== 0) || objectives.length === 0) process.exitCode = 1;
