/** A real server that saw four good minutes and a bad one. */
import { join } from 'node:path';
import type { ServerOptions } from '../../server/options.ts';
import type { SloEpisode } from '../../server/wire/episode-views.ts';
import { until } from '../agent/until.ts';
import { type ExchangeOptions, exchange, frame, GUEST_AT, HOST_AT, hostNowNs, stats, VMS } from './exchanges.ts';
import { acked, afterwards, attach, getJson, type Started, start } from './running-server.ts';

export const OBJECTIVES = join(import.meta.dirname, '../../examples/objectives.yaml');
const SECOND_NS = 1_000_000_000n;
/** 120 ms more between the host and the guest, 120 ms more in the service. */
export const SLOW_VNIC: Partial<ExchangeOptions> = { hostAt: HOST_AT.map((ns, i) => (i < 3 ? ns : ns + 120_000_000)) };
export const SLOW_SERVICE: Partial<ExchangeOptions> = { slowerNs: 120_000_000 };

const REPORT_MS = 1_000;
/** Of a VM that gets the CPU that it wants. */
const READINGS = {
  ...{ steal: 0.02, cpuPressure: 0.11, vcpuDelay: { shop: 0.004 }, vcpuTime: { shop: 0.35 }, memoryPressure: 0.03 },
  ...{ softirq: 0.07, nic: { drops: 2, errors: 0, busy: 0.25 }, tapDrops: { shop: 1.5 }, processes: { backup: 0.4 } },
};

/** Five minutes of requests, two a second, those of the last minute as planted; no two take the same time. */
function traffic(planted: Partial<ExchangeOptions>) {
  const now = hostNowNs();
  return Array.from({ length: 600 }, (_, i) => {
    const jitter = (i * 7_919) % 40_000;
    const usual = {
      guestAt: GUEST_AT.map((ns, at) => (at < 4 ? ns : ns + jitter)),
      hostAt: HOST_AT.map((ns, at) => (at < 3 ? ns : ns + jitter)),
    };
    const bad = i >= 500 ? { ...planted, slowerNs: (planted.slowerNs ?? 0) + jitter } : usual;
    return exchange(i + 1, { atNs: now - 300n * SECOND_NS + (BigInt(i) * SECOND_NS) / 2n, ...bad });
  });
}

/** A server whose last minute was as planted, and whose agents go on reporting; resolves when the episode of the objective is there. */
export async function breached(
  planted: Partial<ExchangeOptions>,
  { objective = 'web-fast', ...options }: Partial<ServerOptions> & { objective?: string } = {},
): Promise<{ server: Started; episode: SloEpisode }> {
  const server = await start({ objectives: OBJECTIVES, ...options });
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  host.peer.send(VMS);
  const pairs = traffic(planted);
  host.peer.send(
    frame(
      1,
      pairs.map((pair) => pair.host),
    ),
  );
  guest.peer.send(
    frame(
      1,
      pairs.map((pair) => pair.guest),
    ),
  );
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  const report = () => {
    for (const { peer } of [host, guest]) peer.send(stats(READINGS));
  };
  report();
  const timer = setInterval(report, REPORT_MS);
  afterwards(() => clearInterval(timer));
  const episodes = await until(
    () => getJson<SloEpisode[]>(server, '/api/slo/episodes'),
    (all) => all.some(({ objective: id }) => id === objective),
    20_000,
  );
  return { server, episode: episodes.find(({ objective: id }) => id === objective)! };
}
