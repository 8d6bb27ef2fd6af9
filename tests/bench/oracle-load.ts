/** Kinds of load, each with a nonce in every URL, from the client's namespace. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { LoadLine } from '../../lab/load.ts';
import { GUEST_ADDRESS, insideNamespace } from '../../lab/network.ts';
import type { LoadSummary } from '../../server/wire/views.ts';

export interface LoadKind {
  name: string;
  path: string;
  /** null: a new one per request. */
  connections: number | null;
  maxConnections: number;
  /** The guest's capture is kept in its memory, bodies and all: 150 MB at most, with those that find saturation. */
  mostRequests: number;
  /** The guest's TSO and GSO, `on` unless said. */
  segments?: 'on the wire';
  /** tcpdump copies a packet of 64 KiB before it goes on to whoever stamps next: its windows are shown, and no target. */
  isCopied?: boolean;
}

export const KINDS: readonly LoadKind[] = [
  { name: 'keep-alive', path: '/', connections: 1, maxConnections: 1, mostRequests: 50_000 },
  { name: 'several connections', path: '/', connections: 16, maxConnections: 32, mostRequests: 50_000 },
  { name: 'connection per request', path: '/', connections: null, maxConnections: 16, mostRequests: 50_000 },
  { name: '256 KiB, by TSO', path: '/big', connections: 4, maxConnections: 8, mostRequests: 240, isCopied: true },
  {
    name: '256 KiB, no TSO',
    path: '/big',
    connections: 4,
    maxConnections: 8,
    mostRequests: 240,
    segments: 'on the wire',
  },
];

const GENERATOR = join(import.meta.dirname, '../../lab/load.ts');
/** Far above what a guest can answer: with a bound on connections, the generator's queue makes it a closed loop. */
const TOO_MUCH_PER_SECOND = 8_000;
const PROBE_SECONDS = 3;

type Generator = ChildProcessByStdio<null, Readable, null>;

/** The generator numbers requests; the kind and the stage before the number make it unique in a run. */
export function noncePrefix(kind: LoadKind, stage: 'probe' | 'load'): string {
  return `${kind.path}?n=${kind.name.replaceAll(/\W+/g, '-')}.${stage}?n=`;
}

/** Answers a second when as many requests are open as the kind has connections. */
export async function saturation(namespace: string, kind: LoadKind): Promise<number> {
  const generator = start(namespace, kind, 'probe', TOO_MUCH_PER_SECOND, null);
  const answered: number[] = [];
  for await (const line of linesOf(generator)) {
    if (line.type !== 'progress') continue;
    answered.push(line.answered);
    if (answered.length > PROBE_SECONDS) break;
  }
  generator.kill('SIGKILL');
  if (answered.length <= PROBE_SECONDS) throw new Error('the load generator ended early');
  return (answered.at(-1)! - answered[0]!) / PROBE_SECONDS;
}

export async function drive(namespace: string, kind: LoadKind, rate: number, seconds: number): Promise<LoadSummary> {
  for await (const line of linesOf(start(namespace, kind, 'load', rate, seconds))) {
    if (line.type === 'summary') return line.load;
  }
  throw new Error('the load generator ended without a summary');
}

function start(
  namespace: string,
  kind: LoadKind,
  stage: 'probe' | 'load',
  rate: number,
  durationS: number | null,
): Generator {
  const { connections, maxConnections } = kind;
  const path = noncePrefix(kind, stage).slice(0, -3);
  const plan = { host: GUEST_ADDRESS, port: 80, path, rate, durationS, connections, maxConnections };
  const words = insideNamespace(namespace, [process.execPath, GENERATOR, JSON.stringify(plan)]);
  return spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function* linesOf({ stdout }: Generator): AsyncGenerator<LoadLine> {
  for await (const line of createInterface({ input: stdout })) yield JSON.parse(line) as LoadLine;
}
