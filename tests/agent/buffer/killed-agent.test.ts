import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FRAME_HEADER_BYTES } from '../../../server/wire/frame.ts';
import { RECORD_BYTES } from '../../../server/wire/record.ts';
import { hostNowNs } from '../../server/exchanges.ts';
import { type Started, start } from '../../server/running-server.ts';
import { ask, askMany, serve } from '../http-service.ts';
import { Program } from '../program.ts';
import { SwitchedHost, VM } from '../switched-host.ts';
import { SERVICE_PORT, TracedServer } from '../traced-server.ts';
import { until } from '../until.ts';

const AGENT = join(import.meta.dirname, 'buffering-agent.ts');
const DEADLINE_MS = 60_000;
const ROLES = ['host', 'guest'] as const;
/** As in buffering-agent.ts. */
const FRAME_RECORDS = 20;

let folder: string;
const agents: Program[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopscope-killed-agent-'));
  mkdirSync(join(folder, 'frames'));
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.end('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A host's and a guest's agent that see the same exchanges. */
function bothAgents(url: string, first: number, count: number): Program[] {
  const startNs = String(hostNowNs());
  const both = ROLES.map((role) => {
    const words = [role, url, join(folder, 'frames'), first, count, startNs].map(String);
    return new Program(process.execPath, [AGENT, ...words]);
  });
  agents.push(...both);
  return both;
}

const made = ({ stdout }: Program) => Number(/made (\d+)\n(?!.*made \d+\n)/s.exec(stdout)?.[1] ?? 0);
const urlOf = (server: Started) => `ws://${server.host}/agent`;

async function stored(): Promise<number[]> {
  const instance = await DuckDBInstance.create(join(folder, 'store', 'hopscope.duckdb'), { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const result = await connection.runAndReadAll('SELECT request_seq FROM paths ORDER BY request_seq');
  const sequences = result.getRowsJS().map(([sequence]) => Number(sequence));
  connection.closeSync();
  instance.closeSync();
  return sequences;
}

describe('an agent that is killed with frames that no server has acknowledged', () => {
  it('loses none of them and doubles none: the next one sends them, then its own', async () => {
    const store = join(folder, 'store');
    const before = await start({ store });
    const killed = bothAgents(urlOf(before), 1, 1_000_000);
    await until(
      () => Math.min(...killed.map(made)),
      (all) => all > 1_000,
      DEADLINE_MS,
    );
    await before.close();
    const atClose = Math.max(...killed.map(made));
    await until(
      () => Math.min(...killed.map(made)),
      (all) => all > atClose + 2_000,
      DEADLINE_MS,
    );
    for (const agent of killed) await agent.end('SIGKILL');
    const after = await start({ store }, { waits: { longestWaitS: 15 } });
    const next = bothAgents(urlOf(after), 2_000_001, 600);
    expect(await Promise.all(next.map(({ exit }) => exit)), next.map(({ stderr }) => stderr).join('')).toEqual([0, 0]);
    await after.close();
    const sequences = await stored();
    const firsts = sequences.filter((sequence) => sequence < 2_000_000);
    const told = Math.min(...killed.map(made));
    // What the two had made when they were killed, and of the last frames one may have made one more than it said.
    const missing = Array.from({ length: told }, (_, i) => i + 1).filter((sequence) => !firsts.includes(sequence));
    expect(missing).toEqual([]);
    expect(new Set(firsts).size).toBe(firsts.length);
    expect(firsts.length).toBeLessThanOrEqual(told + FRAME_RECORDS);
    expect(sequences.slice(firsts.length)).toEqual(Array.from({ length: 600 }, (_, i) => 2_000_001 + i));
    expect(readdirSync(join(folder, 'frames'))).toEqual([]);
  }, 180_000);
});

describe('a host agent that is killed while the server is away', () => {
  let network: SwitchedHost;
  let traced: TracedServer;
  let service: Server;

  beforeAll(() => {
    network = new SwitchedHost();
    traced = new TracedServer(network);
    service = serve(network.vm, SERVICE_PORT);
  });
  afterAll(async () => {
    service?.closeAllConnections();
    service?.close();
    await traced?.remove();
    network?.remove();
  });

  const load = (count: number) => askMany(count, 4, () => ask({ host: VM.v4, port: SERVICE_PORT }));
  const frames = () => join(folder, 'frames');
  const agentWithDisk = () => traced.agent(undefined, '--buffer-dir', frames());
  /** By the headers of the frames on disk: a look that changes nothing. */
  const records = () => filesIn(frames()).reduce((sum, file) => sum + recordsIn(readFileSync(file)), 0);

  it('has its requests counted once the next one finds a server, and leaves no file', async () => {
    const first = agentWithDisk();
    await first.said('waiting:');
    await load(150);
    await until(records, (count) => count === 150);
    await first.end('SIGKILL');
    const second = agentWithDisk();
    await second.said(/waiting: .*frames of an agent that was killed/);
    await load(50);
    await traced.server();
    await until(
      () => traced.summary(),
      ({ exchanges }) => exchanges.host === 200,
    );
    expect(await second.end()).toBe(0);
    const { drops, counters } = await traced.health();
    expect(Object.entries(drops).filter(([, lost]) => lost !== 0)).toEqual([]);
    expect(counters).toMatchObject({ 'frames.missing': 0, 'host.buffer.disk.errors': 0 });
    // Nobody has the other record of a request here: a server gives it up after a while, and has it safe then.
    const third = agentWithDisk();
    await until(records, (count) => count === 0, DEADLINE_MS);
    expect(await third.end()).toBe(0);
    const { exchanges, gaps } = await traced.summary();
    expect(exchanges.host).toBe(200);
    expect(gaps.filter(({ toMs }) => toMs === null)).toHaveLength(1); // since the third ended
    expect(readdirSync(frames())).toEqual([]);
  }, 120_000);

  it('ends with 1 and says what to do where the directory is not there', async () => {
    const agent = traced.agent(undefined, '--buffer-dir', join(folder, 'absent'));
    expect(await agent.exit).toBe(1);
    expect(agent.stderr).toMatch(/--buffer-dir .*absent: there is no such directory: make it, or give another one/);
  });
});

function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return entries.filter((name) => name.endsWith('.frames')).map((name) => join(directory, name));
}

function recordsIn(file: Buffer): number {
  let records = 0;
  for (let at = 0; at + FRAME_HEADER_BYTES <= file.length; ) {
    const count = file.readUInt32LE(at + 12);
    records += count;
    at += FRAME_HEADER_BYTES + count * RECORD_BYTES;
  }
  return records;
}
