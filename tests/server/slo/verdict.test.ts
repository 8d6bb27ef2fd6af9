import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../server/compare/random.ts';
import { permilleOf } from '../../../server/slo/rounded-shares.ts';
import { verdictOn } from '../../../server/slo/verdict.ts';
import {
  type EpisodeData,
  type EpisodeRow,
  type GaugeName,
  PARTS,
  type Part,
} from '../../../server/wire/episode-views.ts';

const MINUTE = 60_000;
const ONSET = Date.UTC(2026, 5, 1, 10);
const USUAL: Record<Part, number> = {
  ...{ 'nic.in': 3_000, 'switch.in': 6_000, vnic: 300_000, 'tcp.in': 40_000, wait: 30_000, service: 400_000 },
  ...{ 'tcp.out': 40_000, 'switch.out': 6_000, 'nic.out': 3_000, transfer: 4_000 },
};

/** Requests a second apart, each part with noise of its own, and more in some. */
function rows(count: number, fromMs: number, more: Partial<Record<Part, number>>, good: boolean): EpisodeRow[] {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, i) => {
    const parts = PARTS.map((part) =>
      Math.round(USUAL[part] * (0.7 + 0.6 * random()) + (more[part] ?? 0) * (0.5 + random())),
    );
    return {
      ...{ id: `r.${i}`, atMs: fromMs + i * 1_000, good, status: 200, request: 'GET /', vm: 'shop' },
      ...{ parts, endToEndNs: parts.reduce((a, b) => a + b, 0), upstreamNs: null, runDelayNs: null },
      ...{ retransmits: 0, boundNs: 5_000 },
    };
  });
}

function lane(gauge: GaugeName, vm: string, before: number, during: number): EpisodeData['lanes'][number] {
  const first = ONSET / MINUTE - 10;
  return {
    ...{ gauge, vm },
    minutes: Array.from({ length: 15 }, (_, i) => [first + i, 60, 60 * 1e6 * (i < 10 ? before : during)]),
  };
}

function data(more: Partial<Record<Part, number>>, changes: Partial<EpisodeData> = {}): EpisodeData {
  return {
    ...{ objective: 'fast', service: 'web', promise: 'fast', target: 0.99, isAboutTime: true, isSampled: false },
    window: { fromMs: ONSET, toMs: ONSET + 5 * MINUTE },
    baseline: { fromMs: ONSET - 60 * MINUTE, toMs: ONSET },
    bad: rows(200, ONSET, more, false),
    usual: rows(400, ONSET - 500_000, {}, true),
    lanes: [lane('steal', 'shop', 0, 0), lane('vcpu.delay', 'shop', 0.01, 0.01), lane('vcpu.time', 'shop', 0.3, 0.3)],
    ...{ minutes: [], notMeasured: [], slowest: [], neighbours: [], marks: [], lost: [] },
    ...changes,
  };
}

const STARVED = [lane('vcpu.delay', 'shop', 0.01, 0.4), lane('vcpu.time', 'shop', 0.3, 0.28)];

describe('a verdict', () => {
  it.each([
    ['nic.in', 'platform'],
    ['switch.out', 'platform'],
    ['vnic', 'platform'],
    ['tcp.in', 'tenant'],
    ['tcp.out', 'tenant'],
    ['wait', 'tenant'],
    ['service', 'tenant'],
  ] as const)('names %s and the %s, with shares that add up', (part, side) => {
    const verdict = verdictOn(data({ [part]: 5_000_000 }));
    expect(verdict).toMatchObject({ side, part, doubts: [] });
    expect(verdict.parts.reduce((sum, { permille }) => sum + permille!, 0)).toBe(1000);
    const own = verdict.parts.find((one) => one.part === part)!;
    expect(own.lowNs).toBeLessThan(5_000_000);
    expect(own.highNs).toBeGreaterThan(5_000_000);
    expect(own.permille).toBeGreaterThan(950);
  });

  it('is the platform’s where the VM waited for a CPU, whatever layer of the guest took longer', () => {
    const verdict = verdictOn(data({ wait: 2_000_000, service: 6_000_000 }, { lanes: STARVED }));
    expect(verdict).toMatchObject({ side: 'platform', part: 'steal' });
    expect(verdict.sentence).toMatch(/whose CPU was kept from it/);
  });

  it('is as sure of a side however much the excess itself varies', () => {
    // A queue that grows all the time: seconds in the end, nothing at first.
    const queue = rows(200, ONSET, { wait: 20_000_000 }, false).map((row, i) => {
      const parts = row.parts.map((ns, at) => ns! + (['wait', 'service'].includes(PARTS[at]!) ? (i / 20) ** 9 : 0));
      return { ...row, parts, endToEndNs: parts.reduce((a, b) => a + b, 0) };
    });
    const starved = verdictOn(data({}, { bad: queue, lanes: STARVED }));
    expect(starved).toMatchObject({ side: 'platform', part: 'steal' });
    expect(starved.sides[0]).toMatchObject({ permille: 1000, low: 1000, high: 1000 });
    // Both layers grow alike, and one of them is always the longer one.
    const free = verdictOn(data({}, { bad: queue }));
    expect(free).toMatchObject({ side: 'tenant', part: 'wait' });
    expect(free.sides[1]!.low).toBeGreaterThan(500);
    expect(free.sides[1]!.high).toBeLessThan(1_100);
  });

  it('names the VM beside it that took the CPU', () => {
    const neighbours = [lane('vcpu.time', 'quiet', 0.2, 0.21), lane('vcpu.time', 'noisy', 0.1, 0.95)];
    const verdict = verdictOn(data({ service: 6_000_000 }, { lanes: STARVED, neighbours }));
    expect(verdict.neighbour).toBe('noisy');
    expect(verdict.sentence).toMatch(/VM noisy took the CPU\.$/);
    // It ran more, but nobody waited for it.
    expect(verdictOn(data({ service: 6_000_000 }, { neighbours })).neighbour).toBeNull();
  });

  it('names the program on the host that took the CPU, where it is known what it took before', () => {
    const told = lane('softirq.host', 'shop', 0.02, 0.02);
    const neighbours = [lane('program.time', 'backup on hv1', 0, 1.8), lane('program.time', 'node on hv1', 0.5, 0.55)];
    // Told of only while it ran.
    neighbours[0]!.minutes.splice(0, 10);
    const verdict = verdictOn(data({ service: 6_000_000 }, { lanes: [...STARVED, told], neighbours }));
    expect(verdict).toMatchObject({ side: 'platform', neighbour: null, process: 'backup on hv1' });
    expect(verdict.sentence).toMatch(/The program backup on hv1 took the CPU\.$/);
    const line = verdict.evidence.find(({ what }) => what.endsWith('backup on hv1'))!;
    expect([line.before, line.during]).toEqual([0, 1.8]);
    // A VM that took it comes first; without waiting nobody took anything; and nobody looked before.
    const withVm = [...neighbours, lane('vcpu.time', 'noisy', 0.1, 0.95)];
    const process = (changes: Partial<EpisodeData>) =>
      verdictOn(data({ service: 6_000_000 }, { neighbours, ...changes })).process;
    expect(process({ lanes: [...STARVED, told], neighbours: withVm })).toBeNull();
    expect(process({ lanes: [told] })).toBeNull();
    const late = { ...told, minutes: told.minutes.slice(10) };
    expect(process({ lanes: [...STARVED, late] })).toBeNull();
  });

  it('is undetermined where the VM ran more and waited more at once', () => {
    const lanes = [lane('vcpu.delay', 'shop', 0.01, 0.4), lane('vcpu.time', 'shop', 0.3, 0.9)];
    expect(verdictOn(data({ service: 6_000_000 }, { lanes }))).toMatchObject({ side: 'undetermined', part: null });
    // A delay of the vNIC stays one.
    expect(verdictOn(data({ vnic: 6_000_000 }, { lanes })).side).toBe('platform');
  });

  it.each([
    ['hardly', 0.08, 0.95, 'tenant', 'service'],
    ['mostly', 0.9, 0.45, 'platform', 'steal'],
  ] as const)('tells a VM that ran more and %s waited', (_how, waited, ran, side, part) => {
    const lanes = [lane('vcpu.delay', 'shop', 0.01, waited), lane('vcpu.time', 'shop', 0.3, ran)];
    expect(verdictOn(data({ service: 6_000_000 }, { lanes }))).toMatchObject({ side, part, doubts: [] });
  });

  it('is the platform’s where a VM that always runs a lot begins to wait', () => {
    const lanes = [lane('vcpu.delay', 'shop', 0.01, 0.08), lane('vcpu.time', 'shop', 0.9, 0.9)];
    const more = { vnic: 1_000_000, wait: 2_000_000, service: 4_000_000 };
    expect(verdictOn(data(more, { lanes }))).toMatchObject({ side: 'platform', part: 'steal' });
  });

  it('is the tenant’s where a VM waits for a CPU, but only one layer takes longer, and far more than that', () => {
    const lanes = [lane('vcpu.delay', 'shop', 0.01, 0.08), lane('vcpu.time', 'shop', 0.3, 0.3)];
    const neighbours = [lane('vcpu.time', 'noisy', 0.1, 0.95)];
    const verdict = verdictOn(data({ service: 40_000_000 }, { lanes, neighbours }));
    expect(verdict).toMatchObject({ side: 'tenant', part: 'service', neighbour: null });
    expect(verdict.doubts).toEqual(['the VM waited for a CPU as well, which does not account for what took longer']);
  });

  it('is undetermined where both sides share the excess', () => {
    const verdict = verdictOn(data({ vnic: 3_000_000, service: 3_000_000 }));
    expect(verdict).toMatchObject({ side: 'undetermined', part: null });
    expect(verdict.parts.reduce((sum, { permille }) => sum + permille!, 0)).toBe(1000);
  });

  it('is undetermined where the bad ones took no longer than the usual ones', () => {
    const verdict = verdictOn(data({}));
    expect(verdict.side).toBe('undetermined');
    expect(verdict.sides).toEqual([]);
    expect(verdict.parts.every(({ permille }) => permille === null)).toBe(true);
  });

  it('is undetermined with too few requests, and says how many it has', () => {
    const few = verdictOn(data({ vnic: 6_000_000 }, { bad: rows(9, ONSET, { vnic: 6_000_000 }, false) }));
    expect(few).toMatchObject({ side: 'undetermined', parts: [] });
    expect(few.doubts[0]).toMatch(/only 9 bad requests/);
    expect(verdictOn(data({ vnic: 6_000_000 }, { usual: [] })).doubts[0]).toMatch(/only 0 requests from before/);
  });

  it('says what it cannot know: no readings of the CPU, a budget, minutes without a measurement', () => {
    const { doubts } = verdictOn(data({ vnic: 6_000_000 }, { lanes: [], isSampled: true, notMeasured: [1, 2] }));
    expect(doubts).toHaveLength(3);
    expect(doubts.join()).toMatch(/budget.*no readings of the CPU.*2 minutes/);
  });

  it('is the same for the same data', () => {
    expect(verdictOn(data({ vnic: 1_000_000 }))).toEqual(verdictOn(data({ vnic: 1_000_000 })));
  });
});

describe('shares', () => {
  it('add up to a thousand, whatever is rounded, and keep their signs', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seededRandom(seed);
      const values = Array.from({ length: 10 }, () => random() * 1e6 - 1e5);
      const shares = permilleOf(values);
      const total = values.reduce((a, b) => a + b, 0);
      expect(shares.reduce((a, b) => a + b, 0)).toBe(1000);
      shares.forEach((share, i) => {
        expect(Math.abs(share - (1000 * values[i]!) / total)).toBeLessThanOrEqual(1);
      });
    }
  });
});
