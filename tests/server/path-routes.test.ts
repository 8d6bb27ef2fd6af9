import { describe, expect, it } from 'vitest';
import type { Settings } from '../../server/wire/settings.ts';
import type { ApiError, PathView, Summary } from '../../server/wire/views.ts';
import { exchange, exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, attach, getJson, type Started, start } from './running-server.ts';

const TRACE_URL = 'https://traces.example/search?client={client}&from={fromMs}';

/** 30 alike, one that failed after 5 ms more in the service, two on a connection of their own. */
async function measured(): Promise<Started> {
  const server = await start({ traceUrl: TRACE_URL });
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest');
  const { host: hosts, guest: guests } = exchanges(30, hostNowNs());
  const slow = exchange(1000, { atNs: hostNowNs(), slowerNs: 5_000_000, head: 'POST /slow', status: 503 });
  const apart = [2000, 3000].map((sequence) => exchange(sequence, { atNs: hostNowNs(), port: 50_123, head: 'GET /x' }));
  const all = [slow, ...apart];
  host.peer.send(frame(1, [...hosts, ...all.map((pair) => pair.host)]));
  guest.peer.send(frame(1, [...guests, ...all.map((pair) => pair.guest)]));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  return server;
}

const listed = (server: Started, query: string) => getJson<PathView[]>(server, `/api/runs/current/paths?${query}`);

describe('the list of paths', () => {
  it('is filtered by what was asked, how it was answered, and where it took long', async () => {
    const server = await measured();
    const names = async (query: string) => (await listed(server, query)).map((p) => `${p.method} ${p.path}`);
    expect(await listed(server, 'vm=web1')).toHaveLength(33);
    expect(await names('path=/slow')).toEqual(['POST /slow']);
    expect(await names('path=POST')).toEqual(['POST /slow']);
    expect(await names('status=503')).toEqual(['POST /slow']);
    expect(await names('status=5xx&path=/x')).toEqual([]);
    expect(await names('order=failed')).toEqual(['POST /slow']);
    expect(await names('over=1000000')).toEqual(['POST /slow']);
    expect(await names('layer=service&over=5000000')).toEqual(['POST /slow']);
    expect(await names('layer=vnic.in&over=5000000')).toEqual([]);
    expect(await listed(server, 'layer=transfer')).toHaveLength(33);
    const draw = (seed: number) =>
      listed(server, `order=random&limit=5&seed=${seed}`).then((all) => all.map((p) => p.id));
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it('is of a stretch of time: those that began in it, in every order', async () => {
    const server = await start();
    const { peer: host } = await attach(server, 'host');
    const { peer: guest } = await attach(server, 'guest');
    const { host: hosts, guest: guests } = exchanges(30, hostNowNs());
    const older = [40, 30, 20].map((seconds, i) => {
      const atNs = hostNowNs() - BigInt(seconds) * 1_000_000_000n;
      return exchange(4000 + i, { atNs, head: `GET /${seconds}`, slowerNs: seconds * 1000 });
    });
    host.send(frame(1, [...older.map((pair) => pair.host), ...hosts]));
    guest.send(frame(1, [...older.map((pair) => pair.guest), ...guests]));
    await Promise.all([acked(host, 1), acked(guest, 1)]);
    const all = await listed(server, 'limit=100&path=0&order=newest');
    expect(all.map(({ path }) => path)).toEqual(['/20', '/30', '/40']);
    const seconds = all.map(({ atMs }) => Math.floor(atMs / 1000));
    const names = async (query: string) => (await listed(server, query)).map(({ path }) => path);
    for (const order of ['newest', 'slowest', 'random']) {
      const found = await names(`order=${order}&from=${seconds[2]}&to=${seconds[0]}`);
      expect(found.toSorted(), order).toEqual(['/30', '/40']);
    }
    expect(await names(`order=slowest&from=${seconds[2]}&to=${seconds[0]}&limit=1`)).toEqual(['/40']);
    expect(await names(`from=${seconds[1]}&to=${seconds[1]! + 1}`)).toEqual(['/30']);
    expect(await names(`to=${seconds[1]}`)).toEqual(['/40']);
    expect(await listed(server, `from=${seconds[0]}&limit=100`)).toHaveLength(31);
    expect(await names('from=1&to=2')).toEqual([]);
  });

  it('begins with the path that is nearest to a quantile of the requests', async () => {
    const server = await measured();
    const { endToEnd } = await getJson<Summary>(server, '/api/runs/current/summary');
    const all = await listed(server, 'limit=100');
    for (const quantile of ['p50', 'p99'] as const) {
      for (const more of ['', '&vm=web1']) {
        const [nearest] = await listed(server, `order=nearest&quantile=${quantile}&limit=1${more}`);
        const distance = (path: PathView) => Math.abs(path.endToEndNs! - Math.round(endToEnd[quantile]!));
        expect(distance(nearest!)).toBe(Math.min(...all.map(distance)));
      }
    }
    expect(await listed(await start(), 'order=nearest&quantile=p50')).toEqual([]);
  });

  it.each([
    ['status=6xx', 'status'],
    ['status=40', 'status'],
    ['layer=client', 'layer'],
    ['over=1.5', 'over'],
    ['over=-1', 'over'],
    ['path=', 'path'],
    ['order=nearest', 'quantile'],
    ['quantile=p50', 'quantile'],
    ['order=nearest&quantile=p51', 'quantile'],
    ['from=20&to=20', 'to'],
    ['from=yesterday', 'from'],
  ])('refuses ?%s and names %s', async (query, field) => {
    const response = await fetch(`${(await start()).url}/api/runs/current/paths?${query}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as ApiError).error.message).toContain(field);
  });
});

describe('the neighbours of a path', () => {
  it('are the others on its connection, in the order of time', async () => {
    const server = await measured();
    const [second, first] = (await listed(server, 'path=/x')) as [PathView, PathView];
    const all = await getJson<PathView[]>(server, `/api/paths/${second.id}/neighbours`);
    expect(all.map((path) => path.id)).toEqual([first.id, second.id]);
    expect(await getJson<PathView[]>(server, `/api/paths/${second.id}/neighbours?limit=1`)).toEqual([second]);
    expect((await fetch(`${server.url}/api/paths/nope/neighbours`)).status).toBe(404);
  });
});

describe('the settings', () => {
  it('tell where traces are, where somebody said it', async () => {
    expect(await getJson<Settings>(await measured(), '/api/settings')).toEqual({ traceUrl: TRACE_URL });
    expect(await getJson<Settings>(await start(), '/api/settings')).toEqual({ traceUrl: null });
  });
});
