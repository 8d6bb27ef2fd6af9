import { describe, expect, it } from 'vitest';
import type { Health, PathView, Summary } from '../../../server/wire/views.ts';
import { exchange, frame, GUEST_AT, hello, hostNowNs } from '../exchanges.ts';
import { acked, attach, getJson, read, type Started, start } from '../running-server.ts';

const SERVICE_NS = (GUEST_AT[4] as number) - (GUEST_AT[3] as number);
const READ_NS = GUEST_AT[3] as number;
/** Of the guest's clocks at its hello, which the tests choose. */
const clock = hello('guest', '').clock;
const realtimeOf = (guestNs: bigint) => guestNs - BigInt(clock.monotonicNs) + BigInt(clock.realtimeNs);
/** exchanges.ts: the guest's clock at the host's `atNs`. */
const GUEST_AHEAD_NS = -7_654_321_987n;

interface Logged {
  atNs: bigint;
  serviceNs: number;
  upstream: string;
  port?: number;
}

/** As Nginx writes it, whose clock has milliseconds and stands still while it works. */
function logLine({ atNs, serviceNs, upstream, port = 40_000 }: Logged): string {
  const startMs = realtimeOf(atNs + GUEST_AHEAD_NS + BigInt(READ_NS)) / 1_000_000n;
  const endMs = realtimeOf(atNs + GUEST_AHEAD_NS + BigInt(READ_NS + serviceNs)) / 1_000_000n;
  const seconds = (ms: bigint) => (Number(ms) / 1000).toFixed(3);
  const times = `${seconds(endMs)} ${seconds(endMs - startMs)}`;
  return `<190>Nov 22 19:00:00 hopscope: hopscope1 ${times} 10.9.0.2 ${port} 10.9.0.3 80 200 ${upstream}`;
}

interface Sent extends Logged {
  requestSeq: number;
}

async function send(server: Started, all: readonly Sent[], lines = all.map(logLine)): Promise<PathView[]> {
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest', { clock });
  const pairs = all.map(({ requestSeq, atNs, serviceNs, port }) =>
    exchange(requestSeq, { atNs, slowerNs: serviceNs - SERVICE_NS, ...(port === undefined ? {} : { port }) }),
  );
  guest.peer.send({ type: 'accesslog', lines });
  guest.peer.send(
    frame(
      1,
      pairs.map((pair) => pair.guest),
    ),
  );
  await read(guest.peer);
  host.peer.send(
    frame(
      1,
      pairs.map((pair) => pair.host),
    ),
  );
  await acked(host.peer, 1);
  const paths = await getJson<PathView[]>(server, '/api/runs/current/paths?limit=1000');
  return paths.toSorted((a, b) => a.requestSeq - b.requestSeq);
}

const nsOf = (path: PathView | undefined, layer: string) => path?.layers.find((l) => l.layer === layer)?.ns;
const counters = async (server: Started) => (await getJson<Health>(server, '/api/health')).counters;

describe('an access log', () => {
  it("sets the upstream's time apart from the server's own, and nothing else changes", async () => {
    const server = await start();
    const now = hostNowNs();
    const all = [20, 7, 3].map((ms, i) => ({
      requestSeq: i + 1,
      atNs: now - BigInt(300 - 100 * i) * 1_000_000n,
      serviceNs: ms * 1e6 + 400_000,
      upstream: `0.000;${ms / 1e3};${ms / 1e3}`.replaceAll(/0\.\d+/g, (s) => Number(s).toFixed(3)),
    }));
    const paths = await send(server, all);
    expect(paths.map((path) => nsOf(path, 'service.upstream'))).toEqual([20e6, 7e6, 3e6]);
    expect(paths.map((path) => nsOf(path, 'service.own'))).toEqual([400_000, 400_000, 400_000]);
    for (const path of paths) {
      const whole = path.layers.filter(({ layer }) => layer !== 'client' && !/\..*\.|^(wait|service)\./.test(layer));
      expect(whole.reduce((sum, { ns }) => sum + (ns as number), 0)).toBe(path.endToEndNs);
    }
    const { layers } = await getJson<Summary>(server, '/api/runs/current/summary');
    expect(layers.find(({ layer }) => layer === 'service.upstream')?.count).toBe(3);
    expect(await counters(server)).toMatchObject({
      'accesslog.received': 3,
      'accesslog.matched': 3,
      'accesslog.malformed': 0,
      'accesslog.unmatched': 0,
    });
  });

  it('tells requests of one connection apart, and connections', async () => {
    const server = await start();
    const now = hostNowNs() - 400_000_000n;
    const all = Array.from({ length: 60 }, (_, i) => ({
      requestSeq: i + 1,
      atNs: now + BigInt(Math.floor(i / 2)) * 6_000_000n,
      serviceNs: ((i % 5) + 1) * 1_000_000,
      port: 40_000 + (i % 2),
      upstream: `0.000;0.00${(i % 5) + 1};0.00${(i % 5) + 1}`,
    }));
    const paths = await send(server, all);
    expect(paths.map((path) => nsOf(path, 'service.upstream'))).toEqual(all.map(({ serviceNs }) => serviceNs));
  });

  it('counts only what lies before the response began where the body streams', async () => {
    const server = await start();
    const [path] = await send(server, [
      { requestSeq: 1, atNs: hostNowNs() - 900_000_000n, serviceNs: 5_000_000, upstream: '0.001;0.004;0.700' },
    ]);
    expect(nsOf(path, 'service.upstream')).toBe(4_000_000);
  });

  it('says nothing of requests without an upstream, without a line, and of lines without a request', async () => {
    const server = await start();
    const now = hostNowNs() - 500_000_000n;
    const all = [1, 2].map((requestSeq) => ({
      requestSeq,
      atNs: now + BigInt(requestSeq) * 50_000_000n,
      serviceNs: 9_000_000,
      upstream: '-;-;-',
    }));
    const stranger = logLine({ atNs: now, serviceNs: 1e6, upstream: '0.000;0.001;0.001', port: 50_000 });
    const paths = await send(server, all, [logLine(all[0] as Sent), stranger, 'GET /', '<13>x: hopscope1 1 2 3']);
    expect(paths).toHaveLength(2);
    for (const path of paths) {
      expect([nsOf(path, 'service.upstream'), nsOf(path, 'service.own')]).toEqual([null, null]);
      expect(nsOf(path, 'service')).toBe(9_000_000);
    }
    expect(await counters(server)).toMatchObject({
      'accesslog.received': 4,
      'accesslog.matched': 1,
      'accesslog.malformed': 2,
    });
  });

  it('is not needed', async () => {
    const server = await start();
    const [path] = await send(server, [{ requestSeq: 1, atNs: hostNowNs(), serviceNs: 9e6, upstream: '-;-;-' }], []);
    expect(nsOf(path, 'service')).toBe(9e6);
    expect(path?.complete).toBe(true);
  });

  it('that is none ends the connection of whoever sent it, with the reason', async () => {
    const server = await start();
    const { peer } = await attach(server, 'guest');
    peer.send({ type: 'accesslog', lines: [1, 2] });
    expect(await peer.next()).toMatchObject({ type: 'refuse', code: 'malformed' });
  });
});
