/** Whole paths that are told apart by their end-to-end time. */
import { deriveLayers } from '../../../server/join/layers.ts';
import { type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import { addressBytes } from '../../../server/wire/address.ts';
import { HEAD_BYTES } from '../../../server/wire/record.ts';
import { stationIndex } from '../../../server/wire/stations.ts';

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
