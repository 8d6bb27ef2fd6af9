/**
 * Does a comparison of equals find nothing? `hopscope lab compare NIC NIC`: the
 * same card twice in one real guest, again and again with another order of the
 * blocks. At least 19 of 20 must say that there is no difference, in any layer
 * and at any quantile. Exits 1 when fewer do.
 *   --quick  4 comparisons instead of 20    --json  one JSON object
 *   --nic <model>   --rounds <n> (4)   --seconds <n> (5)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Comparison } from '../../server/wire/compare-views.ts';

const { quick, json, nic, rounds, seconds } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    nic: { type: 'string', default: 'virtio-net-pci' },
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '5' },
  },
}).values;
const TIMES = quick ? 4 : 20;
const WANTED_SHARE = 0.95;
const FRONT_DOOR = join(import.meta.dirname, '../../hopscope.ts');

interface Answer {
  seed: number;
  requests: number;
  /** `layer at quantile` of each shift that the comparison called one. */
  found: string[];
  /** The smallest shift of the median end to end that it would have found, ns. */
  detectable: number | null;
}

async function compareAlike(seed: number): Promise<Answer> {
  const plan = ['--rounds', rounds, '--seconds', seconds, '--warm-up', '1s', '--seed', String(seed)];
  const words = [FRONT_DOOR, 'lab', 'compare', nic, nic, ...plan, '--json'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`hopscope lab compare ended with exit code ${code}`);
  const { shifts, a } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Comparison;
  const isFound = ({ bandLow, bandHigh }: (typeof shifts)[0]) => bandLow > 0 || bandHigh < 0;
  return {
    seed,
    requests: a.requests,
    found: shifts.filter(isFound).map(({ layer, quantile }) => `${layer} at p${quantile * 100}`),
    detectable: shifts.find(({ layer, quantile }) => layer === 'end to end' && quantile === 0.5)?.detectable ?? null,
  };
}

const answers: Answer[] = [];
for (let seed = 1; seed <= TIMES; seed++) {
  answers.push(await compareAlike(seed));
  console.error(`alike: ${seed} of ${TIMES}`);
}
const alike = answers.filter(({ found }) => found.length === 0).length;
const isMet = alike >= Math.floor(WANTED_SHARE * TIMES);
if (json) console.log(JSON.stringify({ benchmark: 'alike', node: process.version, nic, answers, alike, isMet }));
else {
  console.log(`${nic} against itself, ${rounds} rounds of ${seconds} s each, ${TIMES} comparisons in real guests`);
  for (const { seed, requests, found, detectable } of answers) {
    const said = found.length === 0 ? 'no difference' : found.join(', ');
    const limit = detectable === null ? '' : `; would have found ${(detectable / 1000).toFixed(0)} µs at p50`;
    console.log(`seed ${String(seed).padStart(2)}, ${requests} requests each: ${said}${limit}`);
  }
  console.log(
    `${alike} of ${TIMES} found nothing: ${isMet ? 'the target is met' : `missed, wanted ${Math.floor(WANTED_SHARE * TIMES)}`}`,
  );
}
if (!isMet) process.exitCode = 1;
