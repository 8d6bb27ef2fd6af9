import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveLayers, isComplete, missingStations, vnicRoundTrip } from '../../../server/join/layers.ts';
import { LAYER_COUNT, type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { DETAILS, LAYER_IDS, LAYERS, STATIONS, type Station, stationIndex } from '../../../server/wire/stations.ts';

/** Ten stations' delays and a transfer, ns: `first` of the host's line in order, guest stations shifted by `offset`. */
function columnsOf(startNs: number, delays: readonly number[], transfer: number, offset: number): PathColumns {
  const columns = pathColumns(3);
  columns.count = 1;
  let at = startNs;
  for (const [i, station] of STATIONS.entries()) {
    at += i === 0 ? 0 : delays[i - 1]!;
    const isGuest = i >= stationIndex('vnic.rx') && i <= stationIndex('vnic.tx');
    columns.first[i] = isGuest ? at - offset : at;
    columns.last[i] = columns.first[i]! + (station === 'nic.tx' ? transfer : 0);
  }
  columns.guestOffset[0] = offset;
  columns.clientRtt[0] = 777;
  columns.runDelay[0] = Number.NaN;
  columns.acked[0] = Number.NaN;
  return columns;
}

const layer = (columns: PathColumns, id: (typeof LAYER_IDS)[number]) => columns.layers[LAYER_IDS.indexOf(id)];
const sumOfLayers = (columns: PathColumns) =>
  LAYERS.reduce((sum, { layer: id }) => sum + BigInt(layer(columns, id)!), 0n);

describe('deriveLayers', () => {
  it('law 1, telescoping: adds up to the end-to-end time to the nanosecond for every complete path and any clock', () => {
    const far = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
    const delay = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 2 ** 40 }));
    const delays = fc.array(delay, { minLength: STATION_COUNT - 1, maxLength: STATION_COUNT - 1 });
    fc.assert(
      fc.property(far, delays, delay, far, (start, steps, transfer, offset) => {
        const columns = columnsOf(start, steps, transfer, offset);
        expect(deriveLayers(columns, 0, 1)).toBe(0);
        const truth = steps.reduce((sum, ns) => sum + BigInt(ns), BigInt(transfer));
        expect(BigInt(columns.endToEnd[0]!)).toBe(truth);
        expect(sumOfLayers(columns)).toBe(truth);
        expect(vnicRoundTrip(columns, 0)).toBe(layer(columns, 'vnic.in')! + layer(columns, 'vnic.out')!);
        expect(vnicRoundTrip(columns, 0)).toBe(steps[2]! + steps[9]!);
      }),
    );
  });

  it('law 2, clock-free first: vnic.in + vnic.out is host window less guest window, whatever the clock says', () => {
    const delay = fc.nat({ max: 2 ** 40 });
    const delays = fc.array(delay, { minLength: STATION_COUNT - 1, maxLength: STATION_COUNT - 1 });
    const error = fc.oneof(fc.constant(Number.NaN), fc.constant(0), fc.integer({ min: -(2 ** 45), max: 2 ** 45 }));
    fc.assert(
      fc.property(delays, error, (steps, off) => {
        const columns = columnsOf(5_000, steps, 7, 123_456);
        columns.guestOffset[0] = 123_456 + off;
        const negative = deriveLayers(columns, 0, 1);
        expect(vnicRoundTrip(columns, 0)).toBe(steps[2]! + steps[9]!);
        // A clock that is wrong moves time between the two, or makes one negative: counted, and never shown.
        const [into, out] = [steps[2]! + off, steps[9]! - off];
        expect(layer(columns, 'vnic.in')).toBe(into < 0 ? Number.NaN : into);
        expect(layer(columns, 'vnic.out')).toBe(out < 0 ? Number.NaN : out);
        expect(negative).toBe(Number(into < 0) + Number(out < 0));
      }),
    );
  });

  it('gives each layer the time between its own two stations', () => {
    const columns = columnsOf(5000, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048], 4096, -123_456);
    deriveLayers(columns, 0, 1);
    const inSum = ['client', ...LAYERS.map((l) => l.layer)] as const;
    expect(inSum.map((id) => layer(columns, id))).toEqual([777, 1, 2, 4, 24, 32, 64, 384, 512, 1024, 2048, 4096]);
  });

  it('splits a layer into two parts that add up to it, and neither exceeds it', () => {
    const columns = columnsOf(5000, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048], 4096, 77);
    columns.runDelay[0] = 31;
    columns.upstream[0] = 1_000_000;
    deriveLayers(columns, 0, 1);
    expect(Object.fromEntries(DETAILS.map((d) => [d.layer, layer(columns, d.layer)]))).toEqual({
      'tcp.in.ip': 8,
      'tcp.in.tcp': 16,
      'wait.run': 31,
      'wait.busy': 1,
      'service.own': 0,
      'service.upstream': 64,
      'tcp.out.tcp': 128,
      'tcp.out.ip': 256,
    });
    for (const { of } of DETAILS) {
      const parts = DETAILS.filter((d) => d.of === of).reduce((sum, d) => sum + layer(columns, d.layer)!, 0);
      expect(parts).toBe(layer(columns, of));
    }
  });

  it('knows no part of a layer whose share was not measured', () => {
    const columns = columnsOf(0, new Array(12).fill(10), 5, 0);
    columns.first[stationIndex('tcp.tx')] = Number.NaN;
    deriveLayers(columns, 0, 1);
    expect(DETAILS.map((d) => d.layer).filter((id) => !Number.isNaN(layer(columns, id)))).toEqual([
      'tcp.in.ip',
      'tcp.in.tcp',
    ]);
    expect(layer(columns, 'tcp.out')).toBe(20);
  });

  it('leaves the layers around a missing station unmeasured and the others as they are', () => {
    const columns = columnsOf(0, new Array(12).fill(10), 5, 0);
    columns.first[stationIndex('sock.ready')] = Number.NaN;
    expect(deriveLayers(columns, 0, 1)).toBe(0);
    const unmeasured = LAYERS.map((l) => l.layer).filter((id) => Number.isNaN(layer(columns, id)));
    expect(unmeasured).toEqual(['tcp.in', 'wait']);
    expect(layer(columns, 'tcp.in.ip')).toBeNaN();
    expect(columns.endToEnd[0]).toBe(125);
    expect(missingStations(columns, 0)).toEqual<Station[]>(['sock.ready']);
    expect(isComplete(columns, 0)).toBe(false);
  });

  it('needs no clock but for the two layers that cross', () => {
    const columns = columnsOf(0, new Array(12).fill(10), 5, 40);
    columns.guestOffset[0] = Number.NaN;
    expect(deriveLayers(columns, 0, 1)).toBe(0);
    const unmeasured = LAYERS.map((l) => l.layer).filter((id) => Number.isNaN(layer(columns, id)));
    expect(unmeasured).toEqual(['vnic.in', 'vnic.out']);
    expect(vnicRoundTrip(columns, 0)).toBe(20);
    expect(isComplete(columns, 0)).toBe(true);
  });

  it('counts a negative value as a fault and never shows it', () => {
    const columns = columnsOf(0, new Array(12).fill(10), 5, 0);
    columns.guestOffset[0] = -11;
    expect(deriveLayers(columns, 0, 1)).toBe(1);
    expect(layer(columns, 'vnic.in')).toBeNaN();
    expect(layer(columns, 'vnic.out')).toBe(21);
    columns.guestOffset[0] = Number.NaN;
    columns.first[stationIndex('tap.rx')] = 40;
    expect(deriveLayers(columns, 0, 1)).toBe(1);
  });

  it.each([
    ['the ACK of the last byte', 40_000, 90_000, 90_000],
    ['the ACK, also where it is all that is known', Number.NaN, 90_000, 90_000],
    ['the smallest round trip, where no ACK of its own came', 40_000, Number.NaN, 40_000],
    ['the smallest round trip, where the client held its ACK back', 40_000, 40_040_000, 40_000],
    ['an ACK over a queue on the way', 80e6, 105e6, 105e6],
    ['nothing, where all that is known is an ACK held back', Number.NaN, 40e6, Number.NaN],
  ])('takes for the client %s, beside the sum', (_, smallest, acked, expected) => {
    const columns = columnsOf(0, new Array(12).fill(10), 5, 0);
    columns.clientRtt[0] = smallest;
    columns.acked[0] = acked;
    deriveLayers(columns, 0, 1);
    expect(layer(columns, 'client')).toBe(expected);
    expect(sumOfLayers(columns)).toBe(125n);
  });

  it('touches only the rows it is given', () => {
    const columns = columnsOf(0, new Array(12).fill(10), 5, 0);
    columns.layers.fill(-7);
    deriveLayers(columns, 1, 2);
    expect(columns.layers[0]).toBe(-7);
    expect(columns.layers[LAYER_COUNT + 1]).toBe(0);
    expect(columns.layers[2 * LAYER_COUNT]).toBe(-7);
  });
});
