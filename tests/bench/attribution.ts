/**
 * Planted delays against the layer that Hopscope names: every layer and direction,
 * several sizes, in short blocks with and without, in one booted guest per NIC model.
 * Exits 1 when a target is missed.
 *   --quick  two sizes    --json  one JSON object    --nics a,b    --seed N    --keep FILE  every plant as a JSON line
 */

import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { judge, lowerQuartile } from '../../lab/plant-verdict.ts';
import { Planter } from '../../lab/planter.ts';
import { type Cell, type Plan, SealedAnswers, schedule } from './attribution-schedule.ts';
import { floorsOf, type Given, type Score, score } from './attribution-score.ts';
import { missedTargets, print } from './attribution-table.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    nics: { type: 'string', default: 'virtio-net-pci,e1000' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const PLAN: Plan = flags.quick
  ? { sizesMs: [1, 10], repeats: 1, calibrations: 4, controls: 6, pairs: 5 }
  : { sizesMs: [0.5, 1, 2, 5, 10, 20], repeats: 2, calibrations: 8, controls: 20, pairs: 5 };
const BLOCK_MS = 300;
const RATE = 30;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export interface NicResult {
  nic: string;
  floors: Map<string, number>;
  scores: Score[];
}

async function benchNic(nic: string, seed: number): Promise<NicResult> {
  const say = (line: string) => console.error(`${nic}: ${line}`);
  const planter = await Planter.start(nic, RATE, await freePort(), say);
  const answers = new SealedAnswers();
  try {
    const clean: Given[] = [];
    const given: Given[] = [];
    let floors = new Map<string, number>();
    const cells = schedule(PLAN, seed);
    for (const cell of cells) {
      const { plan, paths } = await carryOut(planter, cell, answers);
      // From here on nothing knows what was planted: only the API's paths and when the blocks were.
      const verdict = judge(paths, plan, floors);
      (cell.calibrates ? clean : given).push({ id: cell.id, verdict });
      if (cell.calibrates) floors = floorsOf(clean.map((each) => each.verdict));
      if (cell.id % 20 === 19) say(`${cell.id + 1} of ${cells.length} done`);
      keep({ nic, cell, plan, paths: paths.map(({ atMs, layers, complete }) => ({ atMs, complete, layers })) });
    }
    const opened = answers.open();
    return { nic, floors, scores: given.map((each) => score(nic, each, opened.get(each.id)!, floors)) };
  } finally {
    await planter.end();
  }
}

async function carryOut(planter: Planter, cell: Cell, answers: SealedAnswers) {
  const { id, layer, delayMs, blocks } = cell;
  const { plan, paths, heldNs } = await planter.plant({ layer, delayNs: delayMs * 1e6, blockMs: BLOCK_MS, blocks });
  answers.seal({ id, layer, delayMs, trueNs: delayMs > 0 ? lowerQuartile(heldNs) : null });
  return { plan, paths };
}

function keep(line: unknown): void {
  if (flags.keep !== undefined) appendFileSync(flags.keep, `${JSON.stringify(line)}\n`);
}

if (flags.keep !== undefined) writeFileSync(flags.keep, '');
const results: NicResult[] = [];
for (const [n, nic] of flags.nics.split(',').entries()) results.push(await benchNic(nic, Number(flags.seed) + n));
const missed = missedTargets(results);
if (flags.json) {
  const nics = results.map(({ nic, floors, scores }) => ({ nic, floors: Object.fromEntries(floors), scores }));
  console.log(
    JSON.stringify({ benchmark: 'attribution', quick: flags.quick, seed: flags.seed, plan: PLAN, nics, missed }),
  );
} else print(results, missed);
if (missed.length > 0) process.exitCode = 1;
