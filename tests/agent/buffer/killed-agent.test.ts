import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostNowNs } from '../../server/exchanges.ts';
import { type Started, start } from '../../server/running-server.ts';
import { Program } from '../program.ts';
import { until } from '../until.ts';

const AGENT = join(import.meta.dirname, 'buffering-agent.ts');
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
    );
    await before.close();
    const atClose = Math.max(...killed.map(made));
    await until(
      () => Math.min(...killed.map(made)),
      (all) => all > atClose + 2_000,
    );
    for (const agent of killed) await agent.end('SIGKILL');
    const after = await start({ store }, { waits: { expireNs: 1e9, shortestWaitS: 1, longestWaitS: 2 } });
    const next = bothAgents(urlOf(after), 2_000_001, 600);
    expect(await Promise.all(next.map(({ exit }) => exit)), next.map(({ stderr }) => stderr).join('')).toEqual([0, 0]);
    await after.close();
    const sequences = await stored();
    const firsts = sequences.filter((sequence) => sequence < 2_000_000);
    const told = Math.min(...killed.map(made));
    expect(firsts.length).toBeGreaterThanOrEqual(told);
    expect(firsts.length).toBeLessThanOrEqual(told + FRAME_RECORDS);
    expect(firsts).toEqual(Array.from(firsts, (_, i) => i + 1));
    expect(sequences.slice(firsts.length)).toEqual(Array.from({ length: 600 }, (_, i) => 2_000_001 + i));
    expect(readdirSync(join(folder, 'frames'))).toEqual([]);
  }, 60_000);
});
