import { describe, expect, it } from 'vitest';
import type { SeriesPoint, SeriesPoints } from '../../server/wire/series-views.ts';
import type { ApiError } from '../../server/wire/views.ts';
import { exchange, exchanges, frame, hostNowNs } from './exchanges.ts';
import { acked, attach, getJson, type Started, start } from './running-server.ts';

async function error(response: Response): Promise<ApiError['error'] & { status: number }> {
  return { ...((await response.json()) as ApiError).error, status: response.status };
}

/** 31 exchanges, the last one of them slow, with a status of 503. */
async function measured(): Promise<Started> {
  const server = await start();
  const host = await attach(server, 'host');
  const guest = await attach(server, 'guest');
  const { host: hosts, guest: guests } = exchanges(30, hostNowNs());
  const slow = exchange(1000, { atNs: hostNowNs(), slowerNs: 5_000_000, status: 503 });
  host.peer.send(frame(1, [...hosts, slow.host]));
  guest.peer.send(frame(1, [...guests, slow.guest]));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  return server;
}

describe('a series of points', () => {
  it('tell a run as so many points, of which those that nobody measured have no counts', async () => {
    const server = await measured();
    const ask = (query: string) => getJson<SeriesPoints>(server, `/api/runs/current/series?${query}`);
    const fine = await ask('points=1000&heatmap=1');
    const sum = (of: (point: SeriesPoint) => number | null | undefined) =>
      fine.points.reduce((total, point) => total + (of(point) ?? 0), 0);
    expect(fine).toMatchObject({ stepS: 1, rollUpS: 1 });
    expect([sum((p) => p.count), sum((p) => p.errors), sum((p) => p.endToEnd.count)]).toEqual([31, 1, 31]);
    expect(sum((p) => p.heat?.counts.reduce((a, b) => a + b, 0))).toBe(31);
    expect(fine.points).toHaveLength(fine.toS - fine.fromS);
    const last = fine.points.findLast(({ count }) => count)!;
    const service = last.p50[fine.layers.indexOf('service')]!;
    expect(Math.abs(service - 310_000) / 310_000).toBeLessThan(fine.relativeError);
    // The current second is not over.
    expect(fine.points.at(-1)?.count === 0).toBe(false);
    const none = await ask(`points=10&from=${fine.fromS}&to=${fine.fromS + 1}`);
    expect(none.points).toHaveLength(1);
    const whole = await ask(`points=1&from=${fine.fromS}&to=${fine.toS}`);
    expect(whole).toMatchObject({ fromS: fine.fromS, toS: fine.toS, stepS: fine.toS - fine.fromS, rollUpS: 1 });
    expect(whole.points).toMatchObject([{ t: fine.fromS, count: 31, classes: [31, 0, 0, 0], errors: 1 }]);
    // 310 µs, and 5 ms more of one of 31.
    const mean = whole.points[0]!.mean[fine.layers.indexOf('service')]!;
    expect(mean).toBeCloseTo(310_000 + 5_000_000 / 31, -1);
    const ofVm = await ask('points=1000&vm=web1');
    expect(ofVm.points.reduce((total, { count }) => total + (count ?? 0), 0)).toBe(31);
  });

  it.each(['points=0', 'points=5001', 'points=x', 'heatmap=1', 'step=5', 'points=9&heatmap=yes', 'to=5&from=5'])(
    'refuse a series of ?%s and say why',
    async (query) => {
      const answer = await error(await fetch(`${(await start()).url}/api/runs/current/series?${query}`));
      expect(answer).toMatchObject({ status: 400, code: 'bad-request' });
      expect(answer.message).toContain(
        query
          .split('&')
          .at(query.startsWith('points=9') ? 1 : 0)!
          .split('=', 1)[0],
      );
    },
  );
});
