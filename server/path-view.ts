/** One stored path as people and pages read it: names, one timeline, every layer with its bound. */

import { CLOCK_METHODS } from './join/clock-method.ts';
import { isComplete, missingStations } from './join/layers.ts';
import { KEY_BYTES, LAYER_COUNT, type PathColumns, STATION_COUNT } from './join/paths.ts';
import type { StoredPaths } from './store/store.ts';
import { addressText } from './wire/address.ts';
import { CLASSES, flagNames, HEAD_BYTES, headText, PROTOCOLS } from './wire/record.ts';
import { DETAILS, HOST_STATIONS, LAYER_IDS, LAYERS, type LayerId, STATIONS } from './wire/stations.ts';
import type { PathStation, PathView, TcpFacts } from './wire/views.ts';

const HOST = new Set<string>(HOST_STATIONS);
const CROSSING = new Set<LayerId>(LAYERS.filter((l) => l.clock === 'crosses').map((l) => l.layer));

/** NaN is "not measured" in columns, null in views. */
function measured(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** Zero of a path's timeline: `nic.rx`, or the first host station there is where that one is missing. */
function originNs(columns: PathColumns, row: number): number {
  const at = row * STATION_COUNT;
  const index = STATIONS.findIndex((s, i) => HOST.has(s) && !Number.isNaN(columns.first[at + i]));
  return index < 0 ? Number.NaN : (columns.first[at + index] as number);
}

function stationsOf(columns: PathColumns, row: number): PathStation[] {
  const origin = originNs(columns, row);
  return STATIONS.map((station, i) => {
    const onHost = HOST.has(station);
    const shift = (onHost ? 0 : (columns.guestOffset[row] as number)) - origin;
    const at = row * STATION_COUNT + i;
    return {
      station,
      vantage: onHost ? 'host' : 'guest',
      firstNs: measured((columns.first[at] as number) + shift),
      lastNs: measured((columns.last[at] as number) + shift),
    };
  });
}

function endpoint(columns: PathColumns, row: number, side: 'client' | 'server'): { address: string; port: number } {
  const at = row * KEY_BYTES;
  const portAt = at + (side === 'client' ? 32 : 34);
  const port = (columns.keys[portAt] as number) | ((columns.keys[portAt + 1] as number) << 8);
  return { address: addressText(columns.keys, at + (side === 'client' ? 0 : 16)), port };
}

function tcpFacts(columns: PathColumns, row: number): TcpFacts {
  const connectNs = measured(columns.connect[row]);
  const synRetries = columns.synRetries[row] as number;
  return {
    ackedNs: measured(columns.acked[row]),
    connectNs,
    // 0 of an exchange that did not see the handshake is no knowledge.
    synRetries: connectNs === null && synRetries === 0 ? null : synRetries,
    retransmitsIn: columns.retransmitsIn[row] as number,
    retransmitsOut: columns.retransmitsOut[row] as number,
    zeroWindows: columns.zeroWindows[row] as number,
  };
}

/** @param vmNames the server's VM table, by index */
export function pathView(stored: StoredPaths, row: number, vmNames: readonly string[]): PathView {
  const { columns } = stored;
  const bound = measured(columns.bound[row]);
  const head = headText(columns.heads, row * HEAD_BYTES, columns.headLength[row] as number);
  return {
    id: stored.ids[row] as string,
    run: stored.runs[row] as string,
    vm: vmNames[columns.vm[row] as number] ?? '',
    atMs: columns.atMs[row] as number,
    client: endpoint(columns, row, 'client'),
    server: endpoint(columns, row, 'server'),
    method: head.method,
    path: head.path,
    status: columns.status[row] as number,
    requestBytes: columns.requestBytes[row] as number,
    responseBytes: columns.responseBytes[row] as number,
    flags: flagNames(columns.flags[row] as number),
    class: CLASSES[columns.class[row] as number] ?? 'request',
    protocol: PROTOCOLS[columns.protocol[row] as number] ?? 'unknown',
    requestSeq: columns.requestSeq[row] as number,
    tcp: tcpFacts(columns, row),
    complete: isComplete(columns, row),
    missing: missingStations(columns, row),
    endToEndNs: measured(columns.endToEnd[row]),
    clientRttNs: measured(columns.clientRtt[row]),
    boundNs: bound,
    clock: {
      method: CLOCK_METHODS[columns.clockMethod[row] as number] ?? 'none',
      offsetNs: measured(columns.guestOffset[row]),
      boundNs: bound,
    },
    layers: LAYER_IDS.map((layer, i) => ({
      layer,
      of: DETAILS.find((d) => d.layer === layer)?.of ?? null,
      ns: measured(columns.layers[row * LAYER_COUNT + i]),
      boundNs: CROSSING.has(layer) ? (bound ?? 0) : 0,
    })),
    stations: stationsOf(columns, row),
  };
}

/** All rows, in order. */
export function pathViews(stored: StoredPaths, vmNames: readonly string[]): PathView[] {
  return stored.ids.map((_, row) => pathView(stored, row, vmNames));
}
