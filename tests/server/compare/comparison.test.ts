import { describe, expect, it } from 'vitest';
import { type ComparedRun, compareRuns } from '../../../server/compare/comparison.ts';
import { isResolved } from '../../../server/compare/sentence.ts';
import { PROVENANCE } from '../exchanges.ts';
import { comparedRun } from './compared-run.ts';

const OPTIONS = { seed: 1, force: false };

describe('two runs compared', () => {
  const slower = compareRuns(
    comparedRun('virtio-net-pci', 1),
    comparedRun('e1000', 2, { 'vnic.in': 150_000 }),
    OPTIONS,
  );

  it('say what differs in one sentence, with its interval and its place', () => {
    expect(slower.axis).toBe('nic');
    expect(slower.sentence).toMatch(
      /^e1000 adds 1\d\d µs \[.+ µs, .+ µs\] at p99 against virtio-net-pci; (9\d %|all) of the difference/,
    );
    expect(slower.sentence).toContain('of the difference of the means is in the vNIC');
    expect(slower.sentence).not.toContain('Inside the guest');
  });

  it('find the planted layer, and none of the others', () => {
    const moved = new Set(slower.shifts.filter(isResolved).map(({ layer }) => layer));
    expect([...moved].sort()).toEqual(['end to end', 'vnic both', 'vnic.in']);
    expect(slower.shares.find(({ layer }) => layer === 'vnic both')!.share).toBeGreaterThan(0.9);
    expect(slower.shares.reduce((sum, { share }) => sum + share!, 0)).toBeCloseTo(1, 9);
  });

  it('give the same numbers every time', () => {
    const again = compareRuns(
      comparedRun('virtio-net-pci', 1),
      comparedRun('e1000', 2, { 'vnic.in': 150_000 }),
      OPTIONS,
    );
    expect(again).toEqual(slower);
  });

  it('take what both met in a round for no difference, where they were measured in turn', () => {
    const stretches = (shiftMs: number) =>
      Array.from({ length: 8 }, (_, i) => ({ fromMs: i * 4000 + shiftMs, toMs: i * 4000 + shiftMs + 1500 }));
    const slowRounds = (run: ComparedRun): ComparedRun => {
      const times = new Map([...run.times].map(([layer, values]) => [layer, values.slice()]));
      for (const layer of ['wait', 'end to end']) {
        const values = times.get(layer)!;
        for (let row = 0; row < values.length; row++) values[row]! += Math.floor((row * 8) / values.length) * 100_000;
      }
      return { ...run, times };
    };
    const band = (inTurn: boolean) => {
      const at = (name: string, shiftMs: number) => ({
        run: { ...comparedRun(name, 1).summary.run, stretches: inTurn ? stretches(shiftMs) : [{ fromMs: 0, toMs: 1 }] },
      });
      const a = slowRounds(comparedRun('virtio-net-pci', 1, {}, at('virtio-net-pci', 0)));
      const b = slowRounds(comparedRun('e1000', 2, { 'vnic.in': 150_000 }, at('e1000', 2000)));
      return compareRuns(a, b, OPTIONS).shifts.find((s) => s.layer === 'end to end' && s.quantile === 0.5)!;
    };
    expect(isResolved(band(true))).toBe(true);
    expect(isResolved(band(false))).toBe(false);
  });

  it('say that a layer of the guest moved too', () => {
    const { sentence } = compareRuns(
      comparedRun('virtio-net-pci', 1),
      comparedRun('e1000', 2, { 'vnic.in': 150_000, 'tcp.in': 40_000 }),
      OPTIONS,
    );
    expect(sentence).toMatch(/Inside the guest tcp\.in moves by \+\d/);
  });

  it('say that boots differ, too, where a difference between two of them was found', () => {
    const booted = (bootId: string) => ({ provenance: { host: PROVENANCE, guest: { ...PROVENANCE, bootId } } });
    const between = (bootA: string, bootB: string, plusNs = 150_000) =>
      compareRuns(
        comparedRun('a', 1, {}, booted(bootA)),
        comparedRun('b', 2, { 'vnic.in': plusNs }, booted(bootB)),
        OPTIONS,
      );
    const words = /Each is one boot of its guest, and boots differ, too\.$/;
    expect(between('one', 'other').sentence).toMatch(words);
    expect(between('one', 'other').doubts.join()).toMatch(/booted once each/);
    expect(between('one', 'other', 0).sentence).not.toMatch(words);
    for (const { sentence, doubts } of [between('one', 'one'), slower]) {
      expect(sentence).not.toMatch(words);
      expect(doubts).toEqual([]);
    }
  });

  it('say that nothing was found, and what would have been', () => {
    const { sentence, shifts } = compareRuns(comparedRun('e1000', 3), comparedRun('e1000', 4), OPTIONS);
    expect(shifts.filter(isResolved)).toEqual([]);
    expect(sentence).toMatch(
      /^No difference was found between e1000 \(A\) and e1000 \(B\) end to end; one of .+ at p99 or one of .+ at p50 would/,
    );
  });

  it('let two clocks’ bounds into the intervals that rest on them', () => {
    const run = (name: string, seed: number, boundNs: number) =>
      comparedRun(name, seed, name === 'e1000' ? { 'vnic.in': 150_000 } : {}, {}, 4000, boundNs);
    const width = (layer: string, boundNs: number) => {
      const { shifts } = compareRuns(run('virtio-net-pci', 1, boundNs), run('e1000', 2, boundNs), OPTIONS);
      const { bandLow, bandHigh } = shifts.find((s) => s.layer === layer && s.quantile === 0.5)!;
      return bandHigh - bandLow;
    };
    // Every time of both runs may be off by 2 µs, either way.
    expect(width('vnic.in', 2_000) - width('vnic.in', 0)).toBeCloseTo(8_000, 3);
    expect(width('vnic both', 2_000)).toBe(width('vnic both', 0));
  });
});

describe('what may not be compared', () => {
  const a = comparedRun('virtio-net-pci', 1);

  it.each([
    [
      'another rate',
      comparedRun('e1000', 2, {}, { load: { ...a.summary.load!, rate: 200 } }),
      /rate 100\/s and 200\/s/,
    ],
    ['another path', comparedRun('e1000', 2, {}, { load: { ...a.summary.load!, path: '/big' } }), /path \/ and \/big/],
    ['losses', comparedRun('e1000', 2, {}, { unmatched: { host: 100, guest: 0 } }), /lost 100 of 4100 requests/],
    [
      'requests that were deleted',
      comparedRun('e1000', 2, {}, { run: { ...a.summary.run, pruned: { paths: 5, untilMs: 1 } } }),
      /the oldest 5 of \d+ requests were deleted/,
    ],
    [
      'a sample',
      comparedRun(
        'e1000',
        2,
        {},
        { run: { ...a.summary.run, sampled: { of: 4000, slow: 40, errors: 2, sample: 900 } } },
      ),
      /is a sample: 942 of 4000 requests are kept/,
    ],
    ['too few requests', comparedRun('e1000', 2, {}, {}, 50), /has 50 requests/],
  ])('%s is refused with its reason, unless forced', (_, b, reason) => {
    const refused = compareRuns(a, b, OPTIONS);
    expect(refused.refusals.join()).toMatch(reason);
    expect(refused.shifts).toEqual([]);
    expect(refused.sentence).toMatch(/^These runs are not compared/);
    const forced = compareRuns(a, b, { ...OPTIONS, force: true });
    expect(forced.refusals).toEqual([]);
    expect(forced.doubts[0]).toMatch(/^compared by force although/);
    expect(forced.sentence).not.toMatch(/not compared/);
  });

  it('names all that differs besides what was varied', () => {
    const guest = { ...PROVENANCE, nicModel: 'e1000', driver: 'e1000', kernel: '6.12.1' };
    const {
      axis,
      differences,
      a: lineA,
    } = compareRuns(
      a,
      comparedRun('e1000', 2, {}, { provenance: { host: { ...PROVENANCE, cpus: 9 }, guest } }),
      OPTIONS,
    );
    expect(axis).toBeNull();
    expect(lineA.name).toBe('virtio-net-pci');
    expect(differences.map(({ what, a: from, b: to }) => [what, from, to])).toEqual([
      ['guest nicModel', 'virtio-net-pci', 'e1000'],
      ['guest driver', 'virtio_net', 'e1000'],
      ['guest kernel', '6.1.0-41-amd64', '6.12.1'],
      ['host cpus', '1', '9'],
    ]);
  });

  it.each([
    ['kernel', { kernel: '6.12.1', memoryBytes: 1, offloads: { tso: true } }],
    ['cpus', { cpus: 2, memoryBytes: 1, queues: 2 }],
    [
      'accelerator',
      { accelerator: 'kvm', hypervisor: 'kvm', approach: 'hardware-accelerated', clocksource: 'kvm-clock' },
    ],
    ['nic', { nicModel: 'e1000', driver: 'e1000', queues: 2, offloads: { tso: true } }],
  ] as const)('takes what comes with another %s for no second difference, and names it', (axis, changes) => {
    const guestA = { ...PROVENANCE, offloads: { tso: false } };
    const guestB = { ...guestA, ...changes };
    const found = compareRuns(
      comparedRun('a', 1, {}, { provenance: { host: PROVENANCE, guest: guestA } }),
      comparedRun('b', 2, {}, { provenance: { host: PROVENANCE, guest: guestB } }),
      OPTIONS,
    );
    expect(found.axis).toBe(axis);
    expect(found.differences.map(({ what }) => what.replace('guest ', '')).toSorted()).toEqual(
      Object.keys(changes)
        .map((field) => (field === 'offloads' ? 'tso' : field))
        .toSorted(),
    );
  });

  it('doubts what a late generator, missing answers, drops and gaps make doubtful', () => {
    const { load } = a.summary;
    const late = { ...load!, errors: 7, lateness: { p50: 1, p99: 500_000, max: 1e6 } };
    const gaps = [{ agent: 'guest:web1', fromMs: 0, toMs: 5 }];
    const { doubts } = compareRuns(
      a,
      comparedRun('e1000', 2, {}, { load: late, gaps, drops: { 'guest.ring.full': 3 } }),
      OPTIONS,
    );
    expect(doubts).toHaveLength(4);
    expect(doubts.join()).toMatch(
      /late by 500 µs at p99.*7 of 4000 requests got no answer.*3 records were dropped.*away once/,
    );
  });
});
