import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOST_STATIONS } from '../../../server/wire/stations.ts';
import { ask, askMany, serve } from '../http-service.ts';
import { CLIENT, HOST, SwitchedHost, VM } from '../switched-host.ts';
import { type HostRecord, TracedHost } from '../traced-host.ts';

const PORT = 80;
let network: SwitchedHost;
let traced: TracedHost;
let service: http.Server;
let own: http.Server;

beforeAll(() => {
  network = new SwitchedHost();
  service = serve(network.vm, PORT);
  own = serve(network.host, PORT);
});
beforeEach(() => {
  traced = new TracedHost(network, [PORT]);
});
afterEach(() => traced?.close());
afterAll(() => {
  for (const server of [service, own]) {
    server?.closeAllConnections();
    server?.close();
  }
  network?.remove();
});

/** Every station stamped, first bytes in the order of the path, no last byte before its first. */
function expectOrdered(record: HostRecord): void {
  const stamps = HOST_STATIONS.map((station) => record.first[station]);
  expect(stamps.every((ns) => ns > 0n)).toBe(true);
  expect(stamps).toEqual([...stamps].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  for (const station of HOST_STATIONS) expect(record.last[station] >= record.first[station], station).toBe(true);
}

describe('the host stations on real devices', () => {
  it('are served by XDP, tc and a tracepoint', () => {
    expect(Object.fromEntries(traced.stations.map(({ station, probe }) => [station, probe]))).toEqual({
      'nic.rx': 'xdp',
      'port.rx': 'tc ingress',
      'tap.tx': 'tc egress',
      'tap.rx': 'tc ingress',
      'port.tx': 'tc egress',
      'nic.tx': 'tp_btf/net_dev_start_xmit',
    });
  });

  it('stamp every request of a kept connection, in order, with its lengths and its ends', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const asked = await askMany(25, 1, () => ask({ host: VM.v4, port: PORT, path: '/bytes/512', agent }));
    agent.destroy();
    const records = await traced.settle();
    expect(records).toHaveLength(25);
    for (const [i, record] of records.entries()) {
      expectOrdered(record);
      expect(record).toMatchObject({
        client: CLIENT.v4,
        server: VM.v4,
        clientPort: asked[i]?.clientPort,
        serverPort: PORT,
        requestBytes: asked[i]?.requestBytes,
        responseBytes: asked[i]?.responseBytes,
        ifindex: network.ifindex('vnet0'),
      });
      expect(record.flags.filter((flag) => flag !== 'closed')).toEqual([]);
      expect(record.rttNs).toBeGreaterThan(0);
    }
    expect(new Set(records.map((record) => record.clientPort)).size).toBe(1);
  });

  it('mark the last exchange of a connection as closed, and no other', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await askMany(3, 1, () => ask({ host: VM.v4, port: PORT, agent }));
    agent.destroy();
    const kept = await traced.settle();
    expect(kept.map((record) => record.flags)).toEqual([[], [], ['closed']]);
    await askMany(20, 4, () => ask({ host: VM.v4, port: PORT }));
    const single = await traced.settle();
    expect(single).toHaveLength(20);
    for (const record of single) expect(record.flags).toEqual(['closed']);
  });

  it('follow a body of 300 kB in and one of 1 MB out to the last byte', async () => {
    const up = await ask({ host: VM.v4, port: PORT, body: new Uint8Array(300_000) });
    const down = await ask({ host: VM.v4, port: PORT, path: '/bytes/1000000' });
    // Two connections: whose record is out first is not said.
    const [get, post] = (await traced.settle()).sort((a, b) => a.requestBytes - b.requestBytes);
    for (const record of [post, get] as HostRecord[]) expectOrdered(record);
    expect(up.requestBytes).toBeGreaterThan(300_000);
    expect(post).toMatchObject({ requestBytes: up.requestBytes, responseBytes: up.responseBytes });
    expect(get).toMatchObject({ requestBytes: down.requestBytes, responseBytes: down.responseBytes });
    // TCP may have probed for a tail it thought lost; nothing else is to be said of them.
    for (const { flags } of [post, get] as HostRecord[]) {
      expect(flags.filter((flag) => flag !== 'retransmit')).toEqual(['closed']);
    }
    expect(post!.last['nic.rx']).toBeGreaterThan(post!.first['nic.rx']);
    expect(get!.last['nic.tx']).toBeGreaterThan(get!.first['nic.tx']);
    // The VM can not answer before it has the whole body.
    expect(post!.last['tap.tx']).toBeLessThanOrEqual(post!.first['tap.rx']);
  });

  it('speak IPv6', async () => {
    const asked = await ask({ host: VM.v6, port: PORT, path: '/bytes/100000' });
    const [record, ...others] = await traced.settle();
    expect(others).toEqual([]);
    expectOrdered(record!);
    const { clientPort, requestBytes, responseBytes } = asked;
    expect(record).toMatchObject({ client: CLIENT.v6, server: VM.v6, clientPort, requestBytes, responseBytes });
  });

  it("count the host's own service as foreign and emit nothing of it", async () => {
    await askMany(7, 1, () => ask({ host: HOST.v4, port: PORT }));
    expect(await traced.settle()).toEqual([]);
    expect(traced.counters()).toMatchObject({ begun: 7, foreign: 7, emitted: 0 });
  });

  it('flag a request that the client resets before it is answered', async () => {
    const socket = await opened(connect(PORT, VM.v4));
    socket.write('GET /never HTTP/1.1\r\nhost: vm\r\n\r\n');
    await served();
    socket.resetAndDestroy();
    const [record, ...others] = await traced.settle();
    expect(others).toEqual([]);
    expect(record?.flags.sort()).toEqual(['closed', 'reset']);
    expect(record).toMatchObject({ responseBytes: 0, requestBytes: 'GET /never HTTP/1.1\r\nhost: vm\r\n\r\n'.length });
    expect([record!.first['tap.rx'], record!.first['nic.tx']]).toEqual([0n, 0n]);
  });

  it('flag a request that the client resets amid the response', async () => {
    const socket = await opened(connect(PORT, VM.v4));
    socket.write('GET /bytes/20000000 HTTP/1.1\r\nhost: vm\r\n\r\n');
    await once(socket, 'data');
    socket.resetAndDestroy();
    const [record, ...others] = await traced.settle();
    expect(others).toEqual([]);
    expectOrdered(record!);
    expect(record?.flags).toEqual(expect.arrayContaining(['closed', 'reset']));
    expect(record!.responseBytes).toBeGreaterThan(0);
    expect(record!.responseBytes).toBeLessThan(20_000_000);
  });

  it('lose no exchange when a client takes the port of one that was never answered', async () => {
    for (let round = 0; round < 2; round++) {
      const socket = await opened(connect({ port: PORT, host: VM.v4, localPort: 40_404 }));
      socket.write('GET /never HTTP/1.1\r\nhost: vm\r\n\r\n');
      await served();
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    const records = await traced.settle();
    expect(records.map((record) => record.clientPort)).toEqual([40_404, 40_404]);
    expect(traced.counters()).toMatchObject({ begun: 2, emitted: 2 });
  });

  it('say when they came after the handshake', async () => {
    traced.close();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await ask({ host: VM.v4, port: PORT, agent });
    traced = new TracedHost(network, [PORT]);
    await askMany(2, 1, () => ask({ host: VM.v4, port: PORT, agent }));
    agent.destroy();
    const records = await traced.settle();
    expect(records.map((record) => record.flags)).toEqual([['midstream'], ['closed']]);
    for (const record of records) expectOrdered(record);
  });

  it('leave other ports alone', async () => {
    const other = serve(network.vm, 8080);
    await ask({ host: VM.v4, port: 8080 });
    other.close();
    expect(traced.take()).toEqual([]);
    expect(traced.counters().begun).toBe(0);
  });
});

async function opened(socket: Socket): Promise<Socket> {
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The service has the next request whole. */
function served(): Promise<unknown> {
  return once(service, 'request');
}
