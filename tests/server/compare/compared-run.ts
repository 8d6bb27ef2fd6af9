/** Runs to compare: a summary as a server makes it, and times with a planted difference. */
import type { ComparedRun } from '../../../server/compare/comparison.ts';
import { normalQuantile } from '../../../server/compare/normal.ts';
import { seededRandom } from '../../../server/compare/random.ts';
import type { Summary } from '../../../server/wire/views.ts';
import { PROVENANCE } from '../exchanges.ts';

const NOTHING = { count: 0, p50: null, p90: null, p99: null, p999: null, mean: null };
const LOAD = {
  ...{ rate: 100, durationS: 20, connections: 8, path: '/', sent: 2000, answered: 2000, errors: 0 },
  ...{ p50: 1.1e6, p90: 1.5e6, p99: 2e6, p999: null },
  ...{ fromSend: { p50: 1e6, p99: 2e6 }, lateness: { p50: 1000, p99: 5000, max: 9000 } },
};

export function summaryOf(name: string, requests: number, changes: Partial<Summary> = {}): Summary {
  const provenance = { ...PROVENANCE, nicModel: name };
  return {
    run: {
      ...{
        id: `r-${name}`,
        name,
        startedMs: 0,
        endedMs: 20_000,
        recordedMs: null,
        labels: {},
        notes: [],
        exchanges: requests,
        vms: ['web1'],
      },
      stretches: [{ fromMs: 0, toMs: 20_000 }],
    },
    exchanges: {
      sent: requests,
      answered: requests,
      host: requests,
      guest: requests,
      joined: requests,
      complete: requests,
    },
    classes: [],
    layers: [{ layer: 'vnic.in', of: null, ...NOTHING, p50: 300_000, bound: 2_000 }],
    endToEnd: { ...NOTHING, count: requests },
    vnicRoundTrip: NOTHING,
    tcp: { retransmitsIn: 0, retransmitsOut: 0, zeroWindows: 0, synRetries: 0 },
    load: { ...LOAD, sent: requests, answered: requests },
    byVm: {},
    drops: {},
    repeated: { host: 0, guest: 0 },
    pending: { host: 0, guest: 0 },
    unmatched: { host: 0, guest: 0 },
    faults: { negative: 0, clockSteps: 0, continuedAfterJoin: 0 },
    gaps: [],
    clock: {
      ...{ method: 'causality', offsetNs: 0, boundNs: 2000, ratePpm: 0, checkedMs: 0, windows: 1 },
      ...{ counts: {} as Summary['clock']['counts'], events: [], alternatives: [] },
    },
    selfCost: { guestNsPerRequest: null, hostNsPerRequest: null, agentCpu: null },
    provenance: { host: PROVENANCE, guest: provenance },
    ...changes,
  };
}

/** @param plusNs added to a layer's own time, by its name */
export function comparedRun(
  name: string,
  seed: number,
  plusNs: Record<string, number> = {},
  changes: Partial<Summary> = {},
  requests = 4000,
  boundNs = 2_000,
): ComparedRun {
  const random = seededRandom(seed);
  const around = (medianNs: number, layer: string) =>
    Float64Array.from({ length: requests }, () =>
      Math.round(medianNs * Math.exp(0.2 * normalQuantile(Math.max(1e-9, random()))) + (plusNs[layer] ?? 0)),
    );
  const own: [string, number][] = [
    ...([
      ['nic.in', 4_000],
      ['switch.in', 6_000],
      ['vnic.in', 200_000],
      ['vnic.out', 90_000],
    ] as [string, number][]),
    ...([
      ['tcp.in', 40_000],
      ['wait', 60_000],
      ['service', 300_000],
      ['tcp.out', 50_000],
    ] as [string, number][]),
    ...([
      ['switch.out', 6_000],
      ['nic.out', 4_000],
      ['transfer', 1_000],
    ] as [string, number][]),
  ];
  const times = new Map(own.map(([layer, median]) => [layer, around(median, layer)]));
  const sum = (layers: readonly string[]) =>
    Float64Array.from({ length: requests }, (_, row) => layers.reduce((ns, layer) => ns + times.get(layer)![row]!, 0));
  times.set('vnic both', sum(['vnic.in', 'vnic.out']));
  times.set('end to end', sum(own.map(([layer]) => layer)));
  return { summary: summaryOf(name, requests, changes), times, bounds: new Float64Array(requests).fill(boundNs) };
}
