/** A real server with two runs of requests whose times vary as real ones do, with a planted difference between the runs. */

import { normalQuantile } from '../../server/compare/normal.ts';
import { seededRandom } from '../../server/compare/random.ts';
import type { LoadSummary, RunInfo } from '../../server/wire/views.ts';
import { exchange, frame, hostNowNs, PROVENANCE, VMS } from '../server/exchanges.ts';
import { acked, attach, getJson, type Peer, post, type Started, start } from '../server/running-server.ts';
import type { BuiltPage } from './built-page.ts';

export interface TwoRuns {
  server: Started;
  /** The first one, and the one after it. */
  a: RunInfo;
  b: RunInfo;
}

export interface Plan {
  /** Of each run. */
  requests?: number;
  /** Longer in the second run, ns, by layer. */
  plusNs?: Partial<Record<keyof typeof MEDIANS_NS, number>>;
  /** The guest's card in the second run. */
  nic?: { nicModel: string; driver: string; nicApproach: 'full' | 'paravirtual' };
  names?: [string, string];
}

/** Between one station and the next, in the order of the path. */
const MEDIANS_NS = {
  'nic.in': 3_000,
  'switch.in': 6_000,
  'vnic.in': 110_000,
  'tcp.in.ip': 6_000,
  'tcp.in.tcp': 34_000,
  wait: 30_000,
  service: 310_000,
  'tcp.out.tcp': 20_000,
  'tcp.out.ip': 20_000,
  'vnic.out': 150_000,
  'switch.out': 6_000,
  'nic.out': 3_000,
};
const SPREAD = 0.25;
/** What a frame holds. */
const FRAME_RECORDS = 1_000;
const EVERY_NS = 2_000_000n;

function load(requests: number): LoadSummary {
  const quantiles = { p50: 800_000, p90: 1_200_000, p99: 1_600_000, p999: null };
  return {
    ...{
      rate: 500,
      durationS: requests / 500,
      connections: 8,
      path: '/',
      sent: requests,
      answered: requests,
      errors: 0,
    },
    ...quantiles,
    fromSend: { p50: 800_000, p99: 1_600_000 },
    lateness: { p50: 2_000, p99: 9_000, max: 20_000 },
  };
}

/** Both runs are over and told of by a generator; the server goes with the test. */
export async function twoRuns(built: BuiltPage, plan: Plan = {}): Promise<TwoRuns> {
  const { requests = 2_500, plusNs = {}, nic, names = ['before', 'after'] } = plan;
  const server = await start({ run: names[0], dashboard: built.directory });
  const { peer: host } = await attach(server, 'host');
  const guest = (await attach(server, 'guest')).peer;
  host.send(VMS);
  const random = seededRandom(7);
  await send(host, guest, {
    requests,
    plusNs: {},
    random,
    firstNs: hostNowNs() - BigInt(requests) * EVERY_NS,
    sequence: 1,
  });
  await post(server, '/api/runs/current/load', load(requests), 'PUT');
  await post(server, '/api/runs', { name: names[1] });
  const later = nic === undefined ? guest : await replaced(server, host, guest, nic);
  // Stamped before this moment, they would belong to the run before.
  const firstNs = hostNowNs() + 1_000_000_000n;
  await send(host, later, { requests, plusNs, random, firstNs, sequence: 1 + Math.ceil(requests / FRAME_RECORDS) });
  await post(server, '/api/runs/current/load', load(requests), 'PUT');
  const [b, a] = await getJson<RunInfo[]>(server, '/api/runs');
  return { server, a: a!, b: b! };
}

/** The guest comes back with another card, and its host says so, too. */
async function replaced(server: Started, host: Peer, guest: Peer, nic: NonNullable<Plan['nic']>): Promise<Peer> {
  await guest.close();
  const { peer } = await attach(server, 'guest', { provenance: { ...PROVENANCE, hostname: 'web1', ...nic } });
  host.send({ ...VMS, vms: VMS.vms.map((vm) => ({ ...vm, nicModel: nic.nicModel })) });
  return peer;
}

interface Batch {
  requests: number;
  plusNs: NonNullable<Plan['plusNs']>;
  random: () => number;
  firstNs: bigint;
  /** Of the first frame. */
  sequence: number;
}

async function send(host: Peer, guest: Peer, { requests, plusNs, random, firstNs, sequence }: Batch): Promise<void> {
  const pairs = Array.from({ length: requests }, (_, i) =>
    exchange(sequence * 100_000 + i, { atNs: firstNs + BigInt(i) * EVERY_NS, ...stations(random, plusNs) }),
  );
  for (let from = 0; from < requests; from += FRAME_RECORDS) {
    const some = pairs.slice(from, from + FRAME_RECORDS);
    const number = sequence + from / FRAME_RECORDS;
    host.send(
      frame(
        number,
        some.map((pair) => pair.host),
      ),
    );
    guest.send(
      frame(
        number,
        some.map((pair) => pair.guest),
      ),
    );
    await Promise.all([acked(host, number), acked(guest, number)]);
  }
}

/** ns after nic.rx of every station, the layers' times drawn around their medians. */
function stations(random: () => number, plusNs: Batch['plusNs']): { hostAt: number[]; guestAt: number[] } {
  let now = 0;
  const at = Object.entries(MEDIANS_NS).map(([layer, median]) => {
    const drawn = median * Math.exp(SPREAD * normalQuantile(Math.max(1e-9, random())));
    now += Math.round(drawn + (plusNs[layer as keyof typeof MEDIANS_NS] ?? 0));
    return now;
  });
  return { hostAt: [0, ...at.slice(0, 2), ...at.slice(9)], guestAt: at.slice(2, 9) };
}
