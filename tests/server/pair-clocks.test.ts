import { describe, expect, it } from 'vitest';
import { CLOCK_METHODS } from '../../server/join/clock-method.ts';
import { deriveLayers, vnicRoundTrip } from '../../server/join/layers.ts';
import { pathColumns, STATION_COUNT } from '../../server/join/paths.ts';
import { DOUBTFUL_NS, PairClocks } from '../../server/pair-clocks.ts';
import { LAYER_IDS, stationIndex } from '../../server/wire/stations.ts';

const WALL_MS = 1_800_000_000_000;
const CROSSING = ['tap.tx', 'vnic.rx', 'vnic.tx', 'tap.rx'] as const;

interface Row {
  host: number;
  guest: number;
  /** Host's clock at tap.tx, and the guest's clock behind it. */
  atNs: number;
  offsetNs: number;
  /** Guest's clock behind the host's at vnic.tx, where it is another. */
  thenNs?: number;
  guestNs?: number;
}

function columnsOf(rows: readonly Row[]) {
  const columns = pathColumns(rows.length);
  columns.first.fill(Number.NaN);
  columns.last.fill(Number.NaN);
  rows.forEach(({ host, guest, atNs, offsetNs, thenNs = offsetNs, guestNs = 300_000 }, row) => {
    const inNs = atNs + 40_000;
    const outNs = inNs + guestNs;
    const stamps = [atNs, inNs - offsetNs, outNs - thenNs, outNs + 50_000];
    CROSSING.forEach((station, i) => {
      columns.first[row * STATION_COUNT + stationIndex(station)] = stamps[i] as number;
    });
    columns.hostSource[row] = host;
    columns.guestSource[row] = guest;
    columns.atMs[row] = WALL_MS + atNs / 1e6;
    columns.count++;
  });
  return columns;
}

/** A path every 5 ms. */
const steady = (count: number, row: Omit<Row, 'atNs'>, fromNs = 0) =>
  columnsOf(Array.from({ length: count }, (_, i) => ({ ...row, atNs: fromNs + i * 5e6 })));

const methods = (columns: ReturnType<typeof columnsOf>) => [...columns.clockMethod].map((m) => CLOCK_METHODS[m]);

describe('PairClocks', () => {
  it('names a guest that goes on behind another host, once, and gives it a clock of its own there', () => {
    const told: [string, number][] = [];
    const clocks = new PairClocks(({ kind }, guest) => told.push([kind, guest]));
    clocks.apply(steady(100, { host: 1, guest: 7, offsetNs: 5e9 }), 0, 100);
    clocks.apply(steady(100, { host: 1, guest: 8, offsetNs: 5e9 }), 0, 100);
    const moved = steady(100, { host: 2, guest: 7, offsetNs: -3e9 }, 600e6);
    clocks.apply(moved, 0, 100);
    // A record of the old host that comes late is no way back.
    clocks.apply(steady(1, { host: 1, guest: 7, offsetNs: 5e9 }, 499e6), 0, 1);
    clocks.apply(steady(10, { host: 2, guest: 7, offsetNs: -3e9 }, 1_100e6), 0, 10);
    expect(told).toEqual([['migration', 7]]);
    expect(clocks.steps).toBe(0);
    for (let row = 0; row < 100; row++) {
      expect(Math.abs((moved.guestOffset[row] as number) - -3e9)).toBeLessThanOrEqual(moved.bound[row] as number);
    }
  });

  it('marks a path that a stop cut in two, as soon as a later one is seen, and keeps its guest times out', () => {
    const events: { kind: string; atMs: number; sizeNs: number | null }[] = [];
    const clocks = new PairClocks((event) => events.push(event));
    const pair = { host: 1, guest: 2 };
    clocks.apply(steady(200, { ...pair, offsetNs: 1e9 }), 0, 200);
    const stopNs = 1e9;
    // On its way when the guest stops for 2 s: to the host it takes 2 s longer, to the guest's clock nothing.
    const cut = columnsOf([{ ...pair, atNs: stopNs - 200_000, offsetNs: 1e9, guestNs: 2e9 + 300_000, thenNs: 3e9 }]);
    clocks.apply(cut, 0, 1);
    expect(clocks.isDoubtful(cut, 0)).toBe(true);
    const behind = steady(20, { ...pair, offsetNs: 3e9 }, stopNs + 2e9 + 1e6);
    clocks.apply(behind, 0, 20);
    expect(clocks.isDoubtful(cut, 0)).toBe(false);
    clocks.stamp(cut, 0, 1);
    expect(methods(cut)).toEqual(['gap']);
    expect(clocks.inGap).toBe(1);
    expect(methods(behind)).toEqual(Array(20).fill('causality'));
    expect(events.map(({ kind }) => kind)).toEqual(['step']);
    expect(Math.abs((events[0]?.sizeNs as number) - 2e9)).toBeLessThan(1e6);
    expect(Math.abs((events[0]?.atMs as number) - (WALL_MS + 3_000))).toBeLessThan(5);
    expect(deriveLayers(cut, 0, 1)).toBe(0);
    expect(vnicRoundTrip(cut, 0)).toBeNaN();
    for (const layer of ['vnic.in', 'vnic.out'] as const) {
      expect(cut.layers[LAYER_IDS.indexOf(layer)]).toBeNaN();
    }
  });

  it('marks at once a path whose guest part is longer than the host part around it', () => {
    const clocks = new PairClocks();
    const pair = { host: 1, guest: 2 };
    clocks.apply(steady(200, { ...pair, offsetNs: 1e9 }), 0, 200);
    const jumped = columnsOf([{ ...pair, atNs: 1e9, offsetNs: 1e9, thenNs: 1e9 - 5e6 }]);
    clocks.apply(jumped, 0, 1);
    expect(methods(jumped)).toEqual(['gap']);
    expect([jumped.guestOffset[0], jumped.bound[0]]).toEqual([Number.NaN, Number.NaN]);
  });

  it('doubts no path that took no longer than usual between host and guest', () => {
    const clocks = new PairClocks();
    const pair = { host: 1, guest: 2, offsetNs: 1e9 };
    const slowService = columnsOf([{ ...pair, atNs: 0, guestNs: 100 * DOUBTFUL_NS }]);
    clocks.apply(slowService, 0, 1);
    expect(clocks.isDoubtful(slowService, 0)).toBe(false);
  });
});
