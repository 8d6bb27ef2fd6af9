import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentFolder } from '../../../agent/buffer/agent-folder.ts';
import { DiskBudget } from '../../../agent/buffer/disk-budget.ts';
import { EarlierAgents } from '../../../agent/buffer/earlier-agents.ts';
import type { UplinkEvents } from '../../../agent/uplink.ts';
import { webSocketRoute } from '../../../agent/web-socket-route.ts';
import { FRAME_MAX_RECORDS } from '../../../server/wire/frame.ts';
import type { Health } from '../../../server/wire/views.ts';
import { afterwards, getJson, type Started, start, TOKEN } from '../../server/running-server.ts';
import { until } from '../until.ts';
import { kept, leftBy } from './killed-folder.ts';

let directory: string;
const log: string[] = [];
const events: UplinkEvents = { onState: () => undefined, onRefused: () => undefined };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hopscope-earlier-'));
  log.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

function adopt(): EarlierAgents {
  const folders = AgentFolder.ofTheDead(directory);
  const earlier = new EarlierAgents(folders, 'host', new DiskBudget(2 ** 30), (line) => log.push(line));
  afterwards(() => earlier.close());
  return earlier;
}

const routeTo = (server: Started, carriesMany: boolean) => ({
  ...webSocketRoute(`ws://${server.host}/agent`),
  carriesMany,
});
const health = (server: Started) => getJson<Health>(server, '/api/health');

describe('what killed agents have left', () => {
  it('is all safe, and gone from disk, before anybody else uses a route that carries one conversation', async () => {
    for (const [i, name] of ['first', 'second'].entries()) leftBy(directory, kept(name, {}, String(i)), 3);
    const server = await start();
    expect(await adopt().send(routeTo(server, false), TOKEN, events)).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
    const { agents, counters } = await until(
      () => health(server),
      (seen) => seen.agents.every(({ connected }) => !connected),
    );
    expect(agents.map(({ id }) => id)).toEqual(['first', 'second']);
    expect(counters).toMatchObject({ 'ingest.frames': 6, 'frames.missing': 0, gaps: 0 });
  });

  it('is sent whole, also where it is more than a link takes at a time', async () => {
    leftBy(directory, kept('much'), 40, FRAME_MAX_RECORDS);
    const server = await start();
    const earlier = adopt();
    expect(await earlier.send(routeTo(server, true), TOKEN, events)).toBe(true);
    await until(
      () => earlier.held,
      (frames) => frames === 0,
    );
    expect((await health(server)).counters).toMatchObject({ 'ingest.frames': 40, 'frames.duplicate': 0 });
    expect(earlier.dropped).toBe(0);
  });

  it('stays on disk where the server refuses it, and keeps nobody from going on', async () => {
    leftBy(directory, kept('refused', { ports: [0] }), 3);
    leftBy(directory, kept('taken', {}, '2'), 3);
    const server = await start();
    expect(await adopt().send(routeTo(server, false), TOKEN, events)).toBe(true);
    expect(readdirSync(directory)).toEqual(['refused']);
    expect(log).toEqual([expect.stringMatching(/the server refused .*refused \(malformed\): .*; it stays$/s)]);
    expect((await health(server)).counters).toMatchObject({ 'ingest.frames': 3 });
  });

  it('stays on disk where this agent, too, ends before a server was there', async () => {
    leftBy(directory, kept('patient'), 3);
    const waiting = Promise.withResolvers<void>();
    const earlier = adopt();
    const sent = earlier.send(webSocketRoute('ws://127.0.0.1:9/agent'), TOKEN, {
      ...events,
      onState: () => waiting.resolve(),
    });
    await waiting.promise;
    await earlier.close();
    expect(await sent).toBe(false);
    expect(adopt().held).toBe(3);
  });
});
