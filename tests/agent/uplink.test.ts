import type { Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, askMany, serve } from './http-service.ts';
import { SwitchedHost, VM } from './switched-host.ts';
import { SERVER_PORT, SERVICE_PORT, TracedServer } from './traced-server.ts';
import { until } from './until.ts';

let network: SwitchedHost;
let traced: TracedServer;
let service: Server;

beforeAll(() => {
  network = new SwitchedHost();
  traced = new TracedServer(network);
  service = serve(network.vm, SERVICE_PORT);
});
afterEach(() => traced.end());
afterAll(async () => {
  service?.closeAllConnections();
  service?.close();
  await traced?.remove();
  network?.remove();
});

const load = (count: number) => askMany(count, 4, () => ask({ host: VM.v4, port: SERVICE_PORT }));
const hostRecords = async () => (await traced.summary()).exchanges.host;

describe('the uplink', () => {
  it('brings everything that happened while the server was away', async () => {
    const first = await traced.server();
    const agent = traced.agent();
    await agent.said('connected:');
    await first.end('SIGKILL');
    await agent.said('waiting:');
    await load(150);
    await traced.server();
    await until(hostRecords, (count) => count === 150);
    await load(50);
    await until(hostRecords, (count) => count === 200);
    const { counters, drops } = await until(
      () => traced.health(),
      (health) => (health.counters['host.reconnects'] ?? 0) > 0,
    );
    expect(counters['frames.duplicate']).toBe(0);
    expect(Object.entries(drops).filter(([, lost]) => lost !== 0)).toEqual([]);
    expect(await agent.end()).toBe(0);
    expect(await hostRecords()).toBe(200);
  });

  it('waits for a server that is not there yet', async () => {
    const agent = traced.agent();
    await agent.said(/waiting: .*ECONNREFUSED.*; next try in \d+ ms/);
    await load(20);
    await traced.server();
    await until(hostRecords, (count) => count === 20);
  });

  it('says what an address is that is not the one of agents', async () => {
    await traced.server();
    const agent = traced.agent(undefined, '--server', `ws://127.0.0.1:${SERVER_PORT}/elsewhere`);
    await agent.said(/waiting: .*\/elsewhere answers with HTTP 404: a hopscope server's address ends in \/agent; next/);
  });

  it('neither loses nor doubles a record when its connections are cut under load', async () => {
    await traced.server();
    const agent = traced.agent();
    await agent.said('connected:');
    for (let cut = 1; cut <= 3; cut++) {
      await load(100);
      network.host.run('ss', '-K', 'dst', '127.0.0.1', 'dport', '=', `:${SERVER_PORT}`);
      await load(100);
      await until(
        () => agent.stderr.match(/connected:/g)?.length ?? 0,
        (times) => times === cut + 1,
      );
    }
    await until(hostRecords, (count) => count === 600);
    expect(await agent.end()).toBe(0);
    expect(await hostRecords()).toBe(600);
    const { counters, drops } = await traced.health();
    expect(counters).toMatchObject({ 'host.reconnects': 3, 'frames.missing': 0 });
    expect(Object.entries(drops).filter(([, lost]) => lost !== 0)).toEqual([]);
  });

  it("ends the agent with 1 and the server's own words when the token is wrong", async () => {
    await traced.server();
    const agent = traced.agent('another-token');
    expect(await agent.exit).toBe(1);
    expect(agent.stderr).toMatch(/the server refused this agent \(token\): .*token/);
    const { counters } = await traced.health();
    expect(counters['ingest.refused.token']).toBe(1);
  });

  it('ends the agent at a signal while it waits for a server', async () => {
    const agent = traced.agent();
    await agent.said('waiting:');
    expect(await agent.end('SIGINT')).toBe(0);
  });
});
