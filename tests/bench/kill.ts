/**
 * A server with a store is killed with SIGKILL at random instants under load
 * from two agents: every request is in the store exactly once in the end, and
 * every new process serves soon. `--quick` kills less often.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAgainAndAgain } from '../server/killed-server.ts';

const KILLS = 100;
const QUICK_KILLS = 10;
const RATE = 1_000;
const SERVES_WITHIN_MS = 3_000;

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'hopscope-kill-'));
const kills = values.quick ? QUICK_KILLS : KILLS;
const plan = {
  folder,
  kills,
  rate: RATE,
  livesMs: [20, 2_500] as [number, number],
  lonelyEvery: Number.POSITIVE_INFINITY,
};
const { sent, rows, requests, runless, dropped, servesMs } = await killAgainAndAgain(plan);
rmSync(folder, { recursive: true });

const sorted = servesMs.toSorted((a, b) => a - b);
const median = sorted[sorted.length >> 1]!;
const longest = sorted.at(-1)!;
const faults = [
  [sent - requests, 'requests lost'],
  [rows - requests, 'stored twice'],
  [runless, 'stored without their run'],
  [dropped, 'records dropped by the agents'],
  [servesMs.filter((ms) => ms > SERVES_WITHIN_MS).length, `starts that took longer than ${SERVES_WITHIN_MS} ms`],
] as const;
if (values.json) {
  console.log(JSON.stringify({ kills, sent, rows, requests, runless, dropped, servesMs: { median, longest } }));
} else {
  console.log(`kill, ${kills} times SIGKILL at ${RATE} requests a second, Node ${process.version}`);
  console.log(`${sent} requests sent, ${requests} in the store, ${rows} rows`);
  for (const [count, what] of faults) console.log(`${String(count).padStart(8)} ${what}`);
  console.log(`serves again after ${Math.round(median)} ms in the middle, ${Math.round(longest)} ms at most`);
}
if (faults.some(([count]) => count !== 0)) process.exitCode = 1;
