/** Load at the guest from the client's namespace: closed loop for saturation, the lab's open loop for latency. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadLine } from '../../lab/load.ts';
import { GUEST_ADDRESS } from '../../lab/network.ts';
import type { LoadSummary } from '../../server/wire/views.ts';
import type { ClosedPlan, ClosedResult } from './cost-closed-loop.ts';

const CONNECTIONS = 8;
/** So many that the guest has work whatever the client's machine does meanwhile. */
const CLOSED_CONNECTIONS = 32;
const MOST_CONNECTIONS = 200;
const LIMIT_MS = 300_000;
const TARGET = { host: GUEST_ADDRESS, port: 80, path: '/small' };
const execute = promisify(execFile);

/** Asks `requests` times, as fast as its connections get answers. */
export async function closedLoop(namespace: string, requests: number): Promise<ClosedResult> {
  const plan: ClosedPlan = { ...TARGET, connections: CLOSED_CONNECTIONS, requests };
  return JSON.parse(await generate(namespace, join(import.meta.dirname, 'cost-closed-loop.ts'), plan));
}

/** `requests` at `rate` a second on a fixed schedule. Throws when any of them failed. */
export async function openLoop(namespace: string, requests: number, rate: number): Promise<LoadSummary> {
  const loop = { rate, durationS: requests / rate, connections: CONNECTIONS, maxConnections: MOST_CONNECTIONS };
  const printed = await generate(namespace, join(import.meta.dirname, '../../lab/load.ts'), { ...TARGET, ...loop });
  const last = JSON.parse(printed.trimEnd().split('\n').at(-1)!) as LoadLine;
  if (last.type !== 'summary') throw new Error('the load generator printed no summary');
  if (last.load.errors > 0) throw new Error(`${last.load.errors} of ${last.load.sent} requests failed`);
  return last.load;
}

async function generate(namespace: string, script: string, plan: object): Promise<string> {
  const words = ['netns', 'exec', namespace, process.execPath, script, JSON.stringify(plan)];
  const { stdout } = await execute('ip', words, { timeout: LIMIT_MS });
  return stdout;
}
