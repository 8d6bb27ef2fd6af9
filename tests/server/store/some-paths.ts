/** Whole paths that are told apart by their end-to-end time. */
import { CLOCK_METHODS } from '../../../server/join/clock-method.ts';
import { deriveLayers } from '../../../server/join/layers.ts';
import { type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { addressBytes } from '../../../server/wire/address.ts';
import { HEAD_BYTES } from '../../../server/wire/record.ts';
import { GUEST_STATIONS, STATIONS, stationIndex } from '../../../server/wire/stations.ts';

const NIC_TX = stationIndex('nic.tx');

/** Rows with these end-to-end times, NaN: not measured. */
export function somePaths(endToEnd: readonly number[], vm = 0, exchangeClass = 0): PathColumns {
  const columns = pathColumns(endToEnd.length);
  columns.count = endToEnd.length;
  endToEnd.forEach((ns, row) => {
    const at = row * STATION_COUNT;
    for (let station = 0; station < STATION_COUNT; station++) {
      columns.first[at + station] = 0;
      columns.last[at + station] = 0;
    }
    columns.last[at + NIC_TX] = ns;
    if (Number.isNaN(ns)) columns.first[at + NIC_TX] = Number.NaN;
    columns.vm[row] = vm;
    columns.class[row] = exchangeClass;
    columns.requestBytes[row] = ns;
    columns.requestSeq[row] = 4_000_000_000 + row;
    columns.keys.set(addressBytes('10.9.0.2')!, row * 36);
    columns.keys.set(addressBytes('2001:db8::7')!, row * 36 + 16);
    columns.keys.set([0x40, 0x9c, 80, 0], row * 36 + 32);
    const head = new TextEncoder().encode(`GET /${ns}`);
    columns.heads.set(head, row * HEAD_BYTES);
    columns.headLength[row] = head.length;
  });
  deriveLayers(columns, 0, columns.count);
  return columns;
}

/** Rows whose layers all take times of their own; with a clock, without one, with a step in it, and without a station. */
export function pathsWithLayers(count: number): PathColumns {
  const columns = somePaths(new Array(count).fill(1));
  for (let row = 0; row < count; row++) {
    const onGuest = new Set<string>(GUEST_STATIONS);
    const offset = 5_000_000 + row * 31;
    let now = 1_000_000 * row;
    STATIONS.forEach((station, i) => {
      columns.first[row * STATION_COUNT + i] = now - (onGuest.has(station) ? offset : 0);
      columns.last[row * STATION_COUNT + i] = columns.first[row * STATION_COUNT + i]! + ((row * 41) % 97);
      now += 100 + ((row * (i + 3) * 7919) % 1009);
    });
    columns.guestOffset[row] = row % 7 === 3 ? Number.NaN : offset;
    columns.clockMethod[row] = CLOCK_METHODS.indexOf(row % 11 === 5 ? 'gap' : 'causality');
    if (row % 13 === 6) columns.first[row * STATION_COUNT + (row % STATION_COUNT)] = Number.NaN;
  }
  deriveLayers(columns, 0, count);
  return columns;
}
