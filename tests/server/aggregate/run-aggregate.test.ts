import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunAggregate } from '../../../server/aggregate/run-aggregate.ts';
import { deriveLayers } from '../../../server/join/layers.ts';
import { type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { CLASSES, type ExchangeClass } from '../../../server/wire/record.ts';
import { DETAILS, LAYER_IDS, STATIONS, stationIndex } from '../../../server/wire/stations.ts';
import type { LayerRow } from '../../../server/wire/views.ts';

interface Exchange {
  /** Wall second. */
  t: number;
  vm: number;
  /** Time between any two neighbouring stations, ns. */
  step: number;
  status: number;
  /** NaN: no clock yet. */
  bound: number;
  class?: ExchangeClass;
}

const NAMES = ['web1', 'web2', 'db'];
const SERVICE = LAYER_IDS.indexOf('service');
const VNIC_IN = LAYER_IDS.indexOf('vnic.in');
const FIRST_GUEST = stationIndex('vnic.rx');
const LAST_GUEST = stationIndex('vnic.tx');

/** Complete paths, the guest's clock 1 ms behind; every step takes `step` ns. */
function columnsOf(list: readonly Exchange[]): PathColumns {
  const columns = pathColumns(Math.max(list.length, 1));
  for (const [row, e] of list.entries()) {
    for (let i = 0; i < STATIONS.length; i++) {
      const isGuest = i >= FIRST_GUEST && i <= LAST_GUEST;
      const at = 5e6 + i * e.step - (isGuest ? 1e6 : 0);
      columns.first[row * STATION_COUNT + i] = at;
      columns.last[row * STATION_COUNT + i] = at;
    }
    columns.vm[row] = e.vm;
    columns.atMs[row] = e.t * 1000 + 999.999;
    columns.status[row] = e.status;
    columns.guestOffset[row] = Number.isNaN(e.bound) ? Number.NaN : 1e6;
    columns.bound[row] = e.bound;
    columns.class[row] = CLASSES.indexOf(e.class ?? 'request');
    columns.clientRtt[row] = Number.NaN;
  }
  columns.count = list.length;
  deriveLayers(columns, 0, columns.count);
  return columns;
}

function exchangeOf(t: number, fields: Partial<Exchange> = {}): Exchange {
  return { t, vm: 0, step: 1000, status: 200, bound: 10, ...fields };
}

function fed(aggregate: RunAggregate, list: readonly Exchange[]): RunAggregate {
  aggregate.add(columnsOf(list), 0, list.length, NAMES);
  return aggregate;
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  t: fc.integer({ min: 100, max: 130 }),
  vm: fc.nat({ max: 2 }),
  step: fc.integer({ min: 1, max: 1_000_000 }),
  status: fc.constantFrom(200, 404, 500, 503),
  bound: fc.constantFrom(Number.NaN, 5, 10),
});

/** Nearest rank of a sorted array. */
function rankOf(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!;
}

function expectNear(got: number | null, truth: number): void {
  expect(Math.abs(got! - truth)).toBeLessThanOrEqual(truth * 0.0028);
}

describe('RunAggregate', () => {
  it('agrees with groups of plain arrays, per VM and second, recent and whole, in any split into adds', () => {
    fc.assert(
      fc.property(fc.array(fc.array(exchange, { maxLength: 20 }), { maxLength: 6 }), (adds) => {
        const aggregate = new RunAggregate();
        for (const add of adds) fed(aggregate, add);
        const all = adds.flat();
        const groups = Map.groupBy(all, (e) => `${e.t} ${NAMES[e.vm]}`);
        const rows = aggregate.changedSince(0);
        expect(rows.map((r) => `${r.t} ${r.vm}`).sort()).toEqual([...groups.keys()].sort());
        for (const row of rows) {
          const group = groups.get(`${row.t} ${row.vm}`)!;
          const steps = group.map((e) => e.step);
          expect(row.count).toBe(group.length);
          expect(row.errors).toBe(group.filter((e) => e.status >= 500).length);
          for (const [key, q] of [
            ['p50', 0.5],
            ['p90', 0.9],
            ['p99', 0.99],
          ] as const) {
            expectNear(row[key][SERVICE]!, rankOf(steps, q));
            expectNear(row.endToEnd[key], rankOf(steps, q) * (STATION_COUNT - 1));
          }
          expect(row.mean[SERVICE]).toBeCloseTo(steps.reduce((a, b) => a + b) / steps.length, 6);
          expect(row.p50[0]).toBeNull();
        }
        const newest = Math.max(...all.map((e) => e.t));
        for (const row of aggregate.recent(10)) {
          const group = all.filter((e) => NAMES[e.vm] === row.vm && e.t > newest - 10);
          expect(row.count).toBe(group.length);
          expectNear(
            row.p99[SERVICE]!,
            rankOf(
              group.map((e) => e.step),
              0.99,
            ),
          );
        }
        expect(aggregate.whole().measured().endToEnd.count).toBe(all.length);
        if (all.length > 0)
          expectNear(
            aggregate.whole().measured().vnicRoundTrip.p90,
            rankOf(
              all.map((e) => 2 * e.step),
              0.9,
            ),
          );
      }),
      { numRuns: 60 },
    );
  });

  it('sends only the seconds that changed since a version', () => {
    const aggregate = fed(new RunAggregate(), [exchangeOf(10), exchangeOf(11), exchangeOf(11, { vm: 1 })]);
    const { version } = aggregate;
    expect(aggregate.changedSince(version)).toEqual([]);
    fed(aggregate, [exchangeOf(12), exchangeOf(11, { step: 5000 })]);
    expect(aggregate.changedSince(version).map((r) => [r.t, r.vm, r.count])).toEqual([
      [11, 'web1', 2],
      [12, 'web1', 1],
    ]);
    expect(aggregate.version).toBeGreaterThan(version);
    expect(aggregate.series(10, 12).map((r) => [r.t, r.vm])).toEqual([
      [10, 'web1'],
      [11, 'web1'],
      [11, 'web2'],
    ]);
  });

  it('keeps rows for retainSeconds and takes late exchanges for detailSeconds; the rest counts as late, in the totals', () => {
    const aggregate = new RunAggregate({ retainSeconds: 20, detailSeconds: 5 });
    for (let t = 1; t <= 30; t++) fed(aggregate, [exchangeOf(t)]);
    expect(aggregate.changedSince(0).map((r) => r.t)).toEqual(Array.from({ length: 20 }, (_, i) => 11 + i));
    fed(aggregate, [exchangeOf(26), exchangeOf(25)]);
    expect(aggregate.series(25, 27).map((r) => [r.t, r.count])).toEqual([
      [25, 1],
      [26, 2],
    ]);
    expect(aggregate.counts).toMatchObject({ exchanges: 32, complete: 32, late: 1 });
    expect(aggregate.totals()[0]!.exchanges).toBe(32);
    expect(aggregate.recent(100)[0]!.count).toBe(6);
    expect(aggregate.recent(2, 29)[0]!.count).toBe(2);
  });

  it('shows the largest bound of the layers that cross clocks, null before a clock, 0 for the others', () => {
    const bounds = (aggregate: RunAggregate) =>
      Object.fromEntries(
        aggregate
          .whole()
          .measured()
          .layers.map((l) => [l.layer, l.bound]),
      );
    const aggregate = fed(new RunAggregate(), [exchangeOf(1, { bound: Number.NaN })]);
    expect(bounds(aggregate)).toMatchObject({ 'vnic.in': null, 'vnic.out': null, service: 0, client: 0 });
    fed(aggregate, [exchangeOf(2, { bound: 70 }), exchangeOf(2, { bound: 40 }), exchangeOf(3, { bound: Number.NaN })]);
    expect(bounds(aggregate)).toMatchObject({ 'vnic.in': 70, 'vnic.out': 70, service: 0 });
    expect(aggregate.whole().measured().layers[VNIC_IN]).toMatchObject({ layer: 'vnic.in', count: 2, p50: 1000 });
    expect(aggregate.whole().measured().layers[0]).toMatchObject({ layer: 'client', count: 0, p50: null, mean: null });
  });

  it('folds the VMs beyond maxVms into one and counts their exchanges', () => {
    const aggregate = new RunAggregate({ maxVms: 2 });
    fed(
      aggregate,
      [0, 1, 2, 7, 1].map((vm) => exchangeOf(1, { vm })),
    );
    expect(aggregate.vms).toEqual(['web1', 'web2', 'other']);
    expect(aggregate.counts).toMatchObject({ exchanges: 5, folded: 2 });
    expect(aggregate.changedSince(0).map((r) => [r.vm, r.count])).toEqual([
      ['web1', 1],
      ['web2', 2],
      ['other', 2],
    ]);
  });

  it('counts every class and lets only requests into percentiles, bounds and round trips', () => {
    const aggregate = fed(new RunAggregate(), [
      exchangeOf(1),
      exchangeOf(1, { class: 'stream', step: 9_000_000, bound: 999 }),
      exchangeOf(1, { class: 'stream', step: 8_000_000, status: 502 }),
      exchangeOf(1, { class: 'handshake', step: 7_000_000, vm: 1 }),
    ]);
    expect(aggregate.counts).toMatchObject({ exchanges: 4, complete: 4, errors: 1 });
    expect(aggregate.whole().measured().endToEnd).toMatchObject({ count: 1, p50: 12_000, p99: 12_000 });
    expect(aggregate.whole().measured().vnicRoundTrip).toMatchObject({ count: 1, p50: 2_000 });
    expect(aggregate.whole().measured().layers[SERVICE]).toMatchObject({ count: 1, p999: 1_000, of: null });
    expect(aggregate.whole().measured().layers[VNIC_IN]).toMatchObject({ count: 1, bound: 10 });
    const classes = aggregate.whole().measured().classes;
    expect(classes.map((c) => [c.class, c.count, c.endToEnd.count])).toEqual([
      ['request', 1, 1],
      ['multiplexed', 0, 0],
      ['stream', 2, 2],
      ['handshake', 1, 1],
    ]);
    expect(classes[2]!.endToEnd).toMatchObject({ p50: 96_000_000, p99: 108_000_000 });
    expect(aggregate.changedSince(0)).toMatchObject([
      { vm: 'web1', count: 3, classes: [1, 0, 2, 0], endToEnd: { count: 1 } },
      { vm: 'web2', count: 1, classes: [0, 0, 0, 1], endToEnd: { count: 0, p50: null } },
    ]);
  });

  it('says of the parts of a layer what they are parts of', () => {
    const parts = new RunAggregate()
      .whole()
      .measured()
      .layers.filter((l) => l.of !== null);
    expect(parts.map((l) => [l.layer, l.of])).toEqual(DETAILS.map((d) => [d.layer, d.of]));
  });

  it('tells seconds of all VMs together where there are several, as one histogram does, also once they are closed', () => {
    const steps = [900, 1_100, 40_000];
    const aggregate = new RunAggregate({ detailSeconds: 5 });
    const together = new RunAggregate();
    for (const [vm, step] of steps.entries()) {
      fed(aggregate, [exchangeOf(10, { vm, step }), exchangeOf(11, { vm, step })]);
      fed(together, [exchangeOf(10, { step }), exchangeOf(11, { step })]);
    }
    const asAll = (rows: LayerRow[]) => rows.map((row) => ({ ...row, vm: '*' }));
    expect(aggregate.changedOfAll(0)).toEqual(asAll(together.changedSince(0)));
    expect(aggregate.recentOfAll(5)).toEqual(asAll(together.recent(5)));
    expect(together.changedOfAll(0)).toEqual([]);
    expect(together.recentOfAll(5)).toEqual([]);
    const { version } = aggregate;
    for (let t = 12; t <= 20; t++) fed(aggregate, [exchangeOf(t)]);
    expect(aggregate.series(10, 12, '*')).toEqual(asAll(together.series(10, 12)));
    expect(aggregate.changedOfAll(version).map(({ t }) => t)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it('keeps the means of what each VM had of the CPU, over the time that was told of', () => {
    const aggregate = fed(new RunAggregate(), [exchangeOf(10), exchangeOf(10, { vm: 1 })]);
    aggregate.contend('web1', 9_000, 10_000, { vcpuTime: 0.5, vcpuDelay: 0 });
    aggregate.contend('web1', 10_000, 13_000, { vcpuTime: 0.1, vcpuDelay: 0.8 });
    expect(aggregate.byVm.get('web1')!.cpu).toEqual({
      vcpuTime: expect.closeTo(0.2),
      vcpuDelay: expect.closeTo(0.6),
      steal: null,
    });
    expect(aggregate.byVm.get('web2')!.cpu).toEqual({ vcpuTime: null, vcpuDelay: null, steal: null });
  });

  it('puts contention beside the seconds whose middle a report covers, whatever came first', () => {
    const aggregate = fed(new RunAggregate(), [exchangeOf(10), exchangeOf(11), exchangeOf(11, { vm: 1 })]);
    const { version } = aggregate;
    aggregate.contend('web1', 10_400, 11_450, { steal: 0.25, guestPressure: 0.5 });
    aggregate.contend('web1', 9_900, 10_900, { vcpuDelay: 0.75, hostPressure: 0.125 });
    aggregate.contend('nobody', 9_900, 10_900, { steal: 1 });
    expect(aggregate.changedSince(version)).toMatchObject([
      { t: 10, vm: 'web1', steal: 0.25, vcpuDelay: 0.75, cpuPressure: { host: 0.125, guest: 0.5 } },
    ]);
    const unknown = { steal: null, vcpuDelay: null, vcpuTime: null, cpuPressure: { host: null, guest: null } };
    expect(aggregate.series(11, 12)).toMatchObject([unknown, unknown]);
    aggregate.contend('web1', 11_450, 12_550, { steal: 0.5 });
    fed(aggregate, [exchangeOf(12)]);
    expect(aggregate.series(11, 13).map((r) => [r.t, r.vm, r.steal])).toEqual([
      [11, 'web1', 0.5],
      [11, 'web2', null],
      [12, 'web1', 0.5],
    ]);
  });

  it('takes what an agent that was away says for its last seconds only', () => {
    const aggregate = fed(
      new RunAggregate(),
      [1, 20, 21, 22, 23, 24].map((t) => exchangeOf(t)),
    );
    aggregate.contend('web1', 1_000, 24_900, { steal: 0.5 });
    expect(aggregate.changedSince(0).map((r) => r.steal)).toEqual([null, null, null, 0.5, 0.5, 0.5]);
  });

  it('does not count a negative round trip of the vNIC', () => {
    const columns = columnsOf([exchangeOf(1), exchangeOf(1)]);
    columns.first[stationIndex('tap.rx')] = 0;
    deriveLayers(columns, 0, 2);
    const aggregate = new RunAggregate();
    aggregate.add(columns, 0, 2, NAMES);
    expect(aggregate.whole().measured().vnicRoundTrip.count).toBe(1);
  });
});
