import { describe, expect, it } from 'vitest';
import { AgentRegistry } from '../../server/agents.ts';
import { STATION_COUNT } from '../../server/join/paths.ts';
import { pathView } from '../../server/path-view.ts';
import { Pipeline } from '../../server/pipeline.ts';
import { MemoryStore } from '../../server/store/memory.ts';
import { summarise } from '../../server/summary.ts';
import { readFrame } from '../../server/wire/frame.ts';
import { FLAGS, RECORD_OFFSETS } from '../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, stationIndex } from '../../server/wire/stations.ts';
import { attached, NOW, NOW_NS } from './attached-pipeline.ts';
import { END_NS, exchange, frame, GUEST_AT, HOST_AT, hello, stats, VMS } from './exchanges.ts';

/** ns that a guest's clock is off after `seconds`, while its rate goes from -100 ppm to +100 ppm over 8 s. */
function offNs(seconds: number): number {
  return Math.round((-100 * seconds + 12.5 * seconds ** 2) * 1_000);
}

/** All stamps of a guest's record, moved. */
function moved(record: Uint8Array, ns: number): Uint8Array {
  const view = new DataView(record.buffer);
  for (const at of [RECORD_OFFSETS.first, RECORD_OFFSETS.last]) {
    GUEST_STATIONS.forEach((_, i) => {
      view.setBigUint64(at + 8 * i, view.getBigUint64(at + 8 * i, true) + BigInt(ns), true);
    });
  }
  return record;
}

describe('Pipeline', () => {
  it('gives a backlog of many seconds the clock of each second, so that no layer turns negative', async () => {
    const { pipeline, host, guest, send, advance } = attached();
    // 8 s at 500/s arrive at once, as after an outage; no single line fits such a clock.
    const pairs = Array.from({ length: 4_000 }, (_, i) => exchange(i, { atNs: NOW_NS + BigInt(i) * 2_000_000n }));
    advance(8_000);
    send(
      host,
      pairs.map((p) => p.host),
    );
    send(
      guest,
      pairs.map((p, i) => moved(p.guest, offNs(i / 500))),
    );
    pipeline.tick();
    const summary = summarise(pipeline.runs.current, pipeline);
    expect(summary.exchanges).toMatchObject({ joined: 4_000, complete: 4_000 });
    expect(summary.faults).toEqual({ negative: 0, clockSteps: 0, continuedAfterJoin: 0 });
    const vnicIn = summary.layers.find((l) => l.layer === 'vnic.in');
    const truth = (GUEST_AT[0] as number) - (HOST_AT[2] as number);
    expect(Math.abs((vnicIn?.p50 as number) - truth)).toBeLessThanOrEqual(vnicIn?.bound as number);
    expect(Math.abs((vnicIn?.p999 as number) - truth)).toBeLessThanOrEqual(1.01 * (vnicIn?.bound as number));
    const { columns } = await pipeline.store.paths({ run: pipeline.runs.current.id, order: 'newest', limit: 4_000 });
    expect(columns.endToEnd.every((ns) => ns === END_NS)).toBe(true);
  });

  it('names a station that is missing and never guesses it', async () => {
    const { pipeline, host, guest, send } = attached();
    const { host: hostRecord, guest: guestRecord } = exchange(1, { atNs: NOW_NS });
    const view = new DataView(guestRecord.buffer);
    const read = GUEST_STATIONS.indexOf('app.read');
    view.setBigUint64(RECORD_OFFSETS.first + 8 * read, 0n, true);
    view.setBigUint64(RECORD_OFFSETS.last + 8 * read, 0n, true);
    send(host, [hostRecord]);
    send(guest, [guestRecord]);
    pipeline.tick();
    const stored = await pipeline.store.paths({ run: pipeline.runs.current.id, order: 'newest', limit: 1 });
    const path = pathView(stored, 0, pipeline.vmTable.names);
    expect(path).toMatchObject({ complete: false, missing: ['app.read'], endToEndNs: END_NS });
    const byLayer = new Map(path.layers.map((l) => [l.layer, l.ns]));
    expect(byLayer.get('wait')).toBeNull();
    expect(byLayer.get('service')).toBeNull();
    expect(byLayer.get('tcp.in')).toBe((GUEST_AT[2] as number) - (GUEST_AT[0] as number));
    expect(path.stations.find((s) => s.station === 'app.read')).toMatchObject({ firstNs: null, lastNs: null });
    expect(summarise(pipeline.runs.current, pipeline).exchanges).toMatchObject({ joined: 1, complete: 0 });
  });

  it("puts every station of a path on the host's timeline", async () => {
    const { pipeline, host, guest, send } = attached();
    const { host: hostRecord, guest: guestRecord } = exchange(1, { atNs: NOW_NS });
    send(guest, [guestRecord]);
    send(host, [hostRecord]);
    pipeline.tick();
    const stored = await pipeline.store.paths({ run: pipeline.runs.current.id, order: 'newest', limit: 1 });
    expect(stored.columns.first).toHaveLength(STATION_COUNT);
    const { stations, boundNs, atMs } = pathView(stored, 0, pipeline.vmTable.names);
    expect(atMs).toBeCloseTo(NOW, 3);
    HOST_STATIONS.forEach((station, i) => {
      expect(stations[stationIndex(station)]?.firstNs).toBe(HOST_AT[i]);
    });
    GUEST_STATIONS.forEach((station, i) => {
      const shown = stations[stationIndex(station)]?.firstNs as number;
      expect(Math.abs(shown - (GUEST_AT[i] as number))).toBeLessThanOrEqual(boundNs as number);
    });
    expect(stations.at(-1)?.lastNs).toBe(END_NS);
  });

  it('accounts for every record: joined, unmatched, or still waiting', () => {
    const { pipeline, host, guest, send, advance } = attached();
    const pairs = Array.from({ length: 100 }, (_, i) => exchange(i, { atNs: NOW_NS + BigInt(i) * 1_000_000n }));
    const much = exchange(1_000, { atNs: NOW_NS + 60_000_000_000n });
    send(
      host,
      pairs.map((p) => p.host),
    );
    send(
      guest,
      pairs.filter((_, i) => i % 10 !== 0).map((p) => p.guest),
    );
    // A minute later the ten without a partner are given up.
    send(host, [much.host]);
    send(guest, [much.guest]);
    for (let second = 0; second < 60; second++) {
      pipeline.tick();
      advance(1_000);
    }
    const { exchanges, unmatched, drops } = summarise(pipeline.runs.current, pipeline);
    expect(exchanges).toMatchObject({ host: 101, guest: 91, joined: 91 });
    expect(unmatched).toEqual({ host: 10, guest: 0 });
    expect(Object.values(drops).every((n) => n === 0)).toBe(true);
  });

  it("puts steal, the wait of vCPUs and the pressure on both machines beside each second of its VM's layers", () => {
    const { pipeline, host, guest, send, advance } = attached();
    pipeline.vms(host, VMS.vms);
    const { host: hostRecord, guest: guestRecord } = exchange(1, { atNs: NOW_NS });
    send(host, [hostRecord]);
    send(guest, [guestRecord]);
    pipeline.tick();
    advance(1_000);
    pipeline.stats(guest, stats({ steal: 0.25, cpuPressure: 0.5 }));
    pipeline.stats(host, stats({ vcpuDelay: { shop: 0.75, other: 1 }, cpuPressure: 0.125 }));
    expect(pipeline.runs.current.aggregate.changedSince(0)).toMatchObject([
      { t: NOW / 1000, vm: 'shop', steal: 0.25, vcpuDelay: 0.75, cpuPressure: { host: 0.125, guest: 0.5 } },
    ]);
  });

  it('gives a path its real end when its response goes on after it was joined, and says so', async () => {
    const { pipeline, host, guest, send } = attached();
    const pair = exchange(1, { atNs: NOW_NS });
    send(host, [pair.host]);
    send(guest, [pair.guest]);
    pipeline.tick();
    const longer = exchange(1, { atNs: NOW_NS, host: { flags: FLAGS.continued, responseBytes: 2_000, ackedNs: 777 } });
    const view = new DataView(longer.host.buffer);
    const lastByte = RECORD_OFFSETS.last + 8 * HOST_STATIONS.indexOf('nic.tx');
    view.setBigUint64(lastByte, NOW_NS + BigInt(END_NS) + 5_000_000n, true);
    send(host, [longer.host]);
    pipeline.tick();
    const stored = await pipeline.store.paths({ run: pipeline.runs.current.id, order: 'newest', limit: 2 });
    const path = pathView(stored, 0, pipeline.vmTable.names);
    expect(path).toMatchObject({
      class: 'stream',
      flags: ['continued'],
      responseBytes: 2_000,
      endToEndNs: END_NS + 5e6,
    });
    expect(path.tcp.ackedNs).toBe(777);
    expect(path.layers.find((l) => l.layer === 'transfer')?.ns).toBe(END_NS - (HOST_AT[5] as number) + 5e6);
    expect(stored.ids).toHaveLength(1);
    expect(pipeline.amended).toBe(1);
    const { exchanges, repeated, faults } = summarise(pipeline.runs.current, pipeline);
    expect(exchanges).toMatchObject({ host: 2, guest: 1, joined: 1 });
    expect(repeated).toEqual({ host: 1, guest: 0 });
    expect(faults).toEqual({ negative: 0, clockSteps: 0, continuedAfterJoin: 1 });
  });

  it('hands every path to its listener once, with the names of the VMs', () => {
    const seen: [string, number, string | undefined][] = [];
    const pipeline = new Pipeline({
      now: () => NOW,
      store: new MemoryStore({ newest: 10 }),
      run: 'live',
      onPaths: (run, columns, from, to, names) => seen.push([run.name, to - from, names[columns.vm[from] as number]]),
    });
    const registry = new AgentRegistry();
    for (const role of ['host', 'guest'] as const) {
      const agent = registry.attach(hello(role, 'token'), NOW);
      pipeline.hello(agent);
      const result = readFrame(frame(1, [exchange(1, { atNs: NOW_NS })[role]]));
      if (result.ok) pipeline.frame(agent, result.frame);
    }
    pipeline.tick();
    pipeline.tick();
    expect(seen).toEqual([['live', 1, 'web1']]);
  });
});
