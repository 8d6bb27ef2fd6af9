/** What bench:ingest replays is what was recorded: a real server that joins it says so. */
import { beforeAll, describe, expect, it } from 'vitest';
import { vnicRoundTrip } from '../../server/join/layers.ts';
import { KEY_BYTES, LAYER_COUNT, type PathColumns } from '../../server/join/paths.ts';
import { RECORD_BYTES, RECORD_OFFSETS } from '../../server/wire/record.ts';
import { LAYER_IDS, LAYERS } from '../../server/wire/stations.ts';
import { frame, hostNowNs } from '../server/exchanges.ts';
import { acked, attach, start } from '../server/running-server.ts';
import { type RecordedExchange, recordedExchanges } from './ingest-records.ts';
import { Traffic } from './ingest-traffic.ts';

const EVERY_NS = 100_000;
const FRAME_RECORDS = 1000;
const CROSSING = new Set(
  LAYERS.filter(({ clock }) => clock === 'crosses').map(({ layer }) => LAYER_IDS.indexOf(layer)),
);

let recorded: RecordedExchange[];
beforeAll(async () => {
  recorded = await recordedExchanges();
});

function keysOf({ host, exchanges }: Traffic): string[] {
  const view = new DataView(host.buffer);
  return Array.from({ length: exchanges }, (_, i) => {
    const at = i * RECORD_BYTES;
    const port = view.getUint16(at + RECORD_OFFSETS.client_port, true);
    return `${port} ${view.getUint32(at + RECORD_OFFSETS.request_seq, true)}`;
  });
}

/** All of a pass, until now. */
async function replayed(traffic: Traffic): Promise<PathColumns> {
  const server = await start();
  const [host, guest] = [await attach(server, 'host'), await attach(server, 'guest')];
  let afterNs = Number(hostNowNs()) - traffic.exchanges * EVERY_NS;
  let sequence = 0;
  for (let given = 0; given < traffic.exchanges; ) {
    const portion = traffic.next(FRAME_RECORDS, afterNs, EVERY_NS);
    given += portion.count;
    afterNs += portion.count * EVERY_NS;
    sequence++;
    for (const [role, { peer }] of [
      ['host', host],
      ['guest', guest],
    ] as const) {
      const bytes = traffic.bytesOf(role, portion);
      const records = Array.from({ length: portion.count }, (_, i) =>
        bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
      );
      peer.send(frame(sequence, records, hostNowNs()));
    }
  }
  await acked(host.peer, sequence);
  const { store, runs } = server.pipeline;
  return (await store.paths({ run: runs.current.id, order: 'newest', limit: traffic.exchanges + 1 })).columns;
}

/** Paths whose times are others than those that were recorded, by what differs. */
function differences(columns: PathColumns, recorded: readonly RecordedExchange[], keys: readonly string[]): string[] {
  const indexOf = new Map(keys.map((key, i) => [key, i]));
  const ports = new DataView(columns.keys.buffer);
  const found: string[] = [];
  for (let row = 0; row < columns.count; row++) {
    const port = ports.getUint16(row * KEY_BYTES + 32, true);
    const { columns: before, row: at } = recorded[indexOf.get(`${port} ${columns.requestSeq[row]}`)!]!;
    if (columns.endToEnd[row] !== before.endToEnd[at]) found.push('end to end');
    if (vnicRoundTrip(columns, row) !== vnicRoundTrip(before, at)) found.push('vnic both');
    for (let i = 0; i < LAYER_COUNT; i++) {
      const [now, then] = [columns.layers[row * LAYER_COUNT + i]!, before.layers[at * LAYER_COUNT + i]!];
      // What crosses the clocks is known within the bound of the clock that the server found itself.
      const same = CROSSING.has(i) ? Math.abs(now - then) <= columns.bound[row]! : Object.is(now, then);
      if (!same) found.push(`${LAYER_IDS[i]}: ${then} recorded, ${now} joined`);
    }
  }
  return found;
}

describe('recorded requests that are replayed', () => {
  it('are joined to the layer times that were recorded', async () => {
    const traffic = new Traffic(recorded);
    const columns = await replayed(traffic);
    expect(columns.count).toBe(recorded.length);
    expect(differences(columns, recorded, keysOf(traffic))).toEqual([]);
  });

  it('never have one key twice, also when all ports were used', () => {
    const first = new Map(recorded.map((exchange) => [exchange.connection, exchange]));
    const traffic = new Traffic([...first.values()]);
    const keys = new Set<string>();
    const passes = 300;
    for (let pass = 0; pass < passes; pass++) {
      traffic.next(traffic.exchanges, pass * 1e9, EVERY_NS);
      for (const key of keysOf(traffic)) keys.add(key);
    }
    expect(traffic.connections * passes).toBeGreaterThan(30_000);
    expect(keys.size).toBe(passes * traffic.exchanges);
  });
});
