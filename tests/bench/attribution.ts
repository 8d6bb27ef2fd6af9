/**
 * Planted delays against the layer that Hopscope names: every layer and direction,
 * several sizes, in short blocks with and without, in one booted guest per NIC model.
 * Exits 1 when a target is missed. A plant during which everything stood still for longer
 * than any plant is repeated, and counted.
 *   --quick  two sizes, one on other NICs than the first    --json  one JSON object    --nics a,b    --seed N    --keep FILE  every plant as a JSON line
 */

import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { pooledNoise, type Shifts, shiftsOf } from '../../lab/plant-verdict.ts';
import { Planter } from '../../lab/planter.ts';
import { type Cell, type Plan, SealedAnswers, schedule } from './attribution-schedule.ts';
import { type Score, score } from './attribution-score.ts';
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
const FULL: Plan = { sizesMs: [0.5, 1, 2, 5, 10, 20], repeats: 1, controls: 12, pairs: 10 };
const QUICK: Plan = { sizesMs: [1, 10], repeats: 1, controls: 4, pairs: 6 };
/** By the NIC's place in the list. */
const planOf = (n: number): Plan => (flags.quick ? (n === 0 ? QUICK : { ...QUICK, sizesMs: [5], controls: 3 }) : FULL);
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
  /** Noise per layer, ns. */
  pooled: Map<string, number>;
  scores: Score[];
  repeated: number;
}

async function benchNic(nic: string, plan: Plan, seed: number): Promise<NicResult> {
  const say = (line: string) => console.error(`${nic}: ${line}`);
  const planter = await Planter.start({ nic, rate: RATE, port: await freePort(), say });
  const answers = new SealedAnswers();
  try {
    const all: { shifts: Shifts; disturbed: boolean }[] = [];
    const cells = schedule(plan, seed);
    let repeated = 0;
    for (const cell of cells) {
      const { plan: carriedOut, paths, attempts, disturbed } = await carryOut(planter, cell, answers);
      repeated += attempts - 1;
      keep({
        nic,
        cell,
        plan: carriedOut,
        paths: paths.map(({ atMs, layers, complete }) => ({ atMs, complete, layers })),
      });
      // From here on nothing knows what was planted: only the API's paths and when the blocks were.
      all.push({ shifts: shiftsOf(paths, carriedOut), disturbed });
      if (all.length % 10 === 0) say(`${all.length} of ${cells.length} done`);
    }
    const pooled = pooledNoise(all.map(({ shifts }) => shifts));
    const opened = answers.open();
    return {
      nic,
      pooled,
      repeated,
      scores: all.map(({ shifts, disturbed }, id) => score(nic, shifts, opened.get(id)!, pooled, disturbed)),
    };
  } finally {
    await planter.end();
  }
}

async function carryOut(planter: Planter, { id, layer, delayMs, blocks }: Cell, answers: SealedAnswers) {
  const order = { layer, delayNs: delayMs * 1e6, blockMs: BLOCK_MS, blocks };
  const { trueNs, ...seen } = await planter.plant(order);
  answers.seal({ id, layer, delayMs, trueNs: delayMs > 0 ? trueNs : null });
  return seen;
}

function keep(line: unknown): void {
  if (flags.keep !== undefined) appendFileSync(flags.keep, `${JSON.stringify(line)}\n`);
}

// 'exit' handlers end the run; without these a signal would skip them.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.on(signal, () => process.exit(code));
if (flags.keep !== undefined) writeFileSync(flags.keep, '');
const results: NicResult[] = [];
for (const [n, nic] of flags.nics.split(',').entries()) {
  results.push(await benchNic(nic, planOf(n), Number(flags.seed) + n));
}
const missed = missedTargets(results);
if (flags.json) {
  const nics = results.map(({ pooled, ...rest }) => ({ noiseNs: Object.fromEntries(pooled), ...rest }));
  console.log(
    JSON.stringify({
      benchmark: 'attribution',
      quick: flags.quick,
      seed: flags.seed,
      plan: flags.quick ? QUICK : FULL,
      nics,
      missed,
    }),
  );
} else print(results, missed);
if (missed.length > 0) process.exitCode = 1;
