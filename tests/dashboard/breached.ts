/** A real server that saw good minutes and then a bad one, until an alert fires; its agents go on reporting. */
import { join } from 'node:path';
import type { ServerOptions } from '../../server/options.ts';
import type { SloEpisode } from '../../server/wire/episode-views.ts';
import { until } from '../agent/until.ts';
import {
  type ExchangeOptions,
  exchange,
  frame,
  GUEST_AT,
  HOST_AT,
  hostNowNs,
  stats,
  VMS,
} from '../server/exchanges.ts';
import { acked, afterwards, attach, getJson, type Started, start } from '../server/running-server.ts';
import { type BuiltPage, ROOT } from './built-page.ts';

export const OBJECTIVES = join(ROOT, 'examples/objectives.yaml');
const SECOND_NS = 1_000_000_000n;
const REPORT_MS = 500;
/** 120 ms more between the host and the guest, both ways together. */
export const SLOW_VNIC: Partial<ExchangeOptions> = { hostAt: HOST_AT.map((ns, i) => (i < 3 ? ns : ns + 120_000_000)) };
export const FAILED: Partial<ExchangeOptions> = { status: 503, slowerNs: 5_000_000 };
/** What both agents read meanwhile. */
const READINGS = {
  steal: 0.02,
  cpuPressure: 0.11,
  vcpuDelay: { shop: 0.004 },
  vcpuTime: { shop: 0.35 },
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
    const bad = { ...planted, slowerNs: (planted.slowerNs ?? 0) + jitter };
    const atNs = now - 300n * SECOND_NS + (BigInt(i) * SECOND_NS) / 2n;
    return exchange(i + 1, { atNs, ...(i < 500 ? usual : bad) });
  });
}

/** @param objective whose breach is waited for */
export async function breached(
  built: BuiltPage,
  planted: Partial<ExchangeOptions>,
  objective: string,
  options: Partial<ServerOptions> = {},
): Promise<{ server: Started; episode: SloEpisode }> {
  const server = await start({ dashboard: built.directory, objectives: OBJECTIVES, ...options });
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  host.peer.send(VMS);
  const pairs = traffic(planted);
  const records = (side: 'host' | 'guest') => pairs.map((pair) => pair[side]);
  host.peer.send(frame(1, records('host')));
  guest.peer.send(frame(1, records('guest')));
  await Promise.all([acked(host.peer, 1), acked(guest.peer, 1)]);
  const report = () => {
    for (const { peer } of [host, guest]) peer.send(stats(READINGS));
  };
  report();
  const timer = setInterval(report, REPORT_MS);
  afterwards(() => clearInterval(timer));
  const all = await until(
    () => getJson<SloEpisode[]>(server, '/api/slo/episodes'),
    (told) => told.some((one) => one.objective === objective),
    30_000,
  );
  return { server, episode: all.find((one) => one.objective === objective)! };
}
