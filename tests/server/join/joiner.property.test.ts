import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Joiner } from '../../../server/join/joiner.ts';
import { type PathColumns, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import type { RecordSource } from '../../../server/join/record-source.ts';
import { FLAGS, RECORD_OFFSETS } from '../../../server/wire/record.ts';
import { GUEST_STATIONS, HOST_STATIONS, stationIndex } from '../../../server/wire/stations.ts';
import { concatRecords, encodeRecord } from '../wire/encode-record.ts';
import { sortAndScan, type TraceRecord } from './sort-and-scan.ts';

const BASES = [2n ** 40n + 123n, 2n ** 32n - 50n, 999n, 2n ** 51n];
const sourceOf = (index: number): RecordSource => ({
  index,
  vantage: index < 2 ? 'host' : 'guest',
  base: BASES[index]!,
  wallOffsetMs: 0,
});

/** Few ports, few sequence numbers: connections are reused, ports are reused with other numbers. */
const exchange = fc.record({
  port: fc.integer({ min: 1, max: 5 }),
  seq: fc.integer({ min: 1, max: 12 }),
  host: fc.nat({ max: 1 }),
  guest: fc.integer({ min: 2, max: 3 }),
  /**
   * What each vantage delivers, by response bytes: none is lost, the same number
   * is sent again, more is a response that went on after its first record.
   */
  hostSizes: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
  guestSizes: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
  /** The vantages whose records say that nothing follows. */
  final: fc.constantFrom('none', 'host', 'guest'),
  atNs: fc.nat({ max: 20_000_000 }),
});
type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never;
const exchanges = fc.uniqueArray(exchange, { maxLength: 60, selector: (e) => e.port * 100 + e.seq });
/** Places in the interleaving and the number of batches. */
const shuffle = fc.record({ order: fc.infiniteStream(fc.nat()), batches: fc.integer({ min: 1, max: 12 }) });

function record(e: Exchange, index: number, size: number): TraceRecord {
  const isHost = index < 2;
  const continued = size > Math.min(...(isHost ? e.hostSizes : e.guestSizes));
  const final = e.final === (isHost ? 'host' : 'guest');
  const stations = isHost ? HOST_STATIONS.length : GUEST_STATIONS.length;
  const first = Array.from({ length: stations }, (_, i) => BASES[index]! + BigInt(e.atNs + 7 * i));
  const last = first.map((ns) => ns + BigInt(size));
  const bytes = encodeRecord({
    vantage: isHost ? 'host' : 'guest',
    first,
    last,
    clientPort: e.port,
    requestSeq: e.seq,
    ifindex: index,
    responseBytes: size,
    flags: (continued ? FLAGS.continued : 0) | (final ? FLAGS.closed : 0),
  });
  const timeNs = e.atNs + 7 * (stations - 1) + size;
  return { isHost, source: index, batch: 0, timeNs, responseBytes: size, continued, final, bytes };
}

/** All records in a random order, cut into batches; `once` is one a vantage, which saw everything. */
function interleave(list: Exchange[], order: Iterator<number>, batches: number, once = false): TraceRecord[] {
  const chosen = (sizes: number[]) => (once ? sizes.slice(0, 1).map(() => 1) : sizes);
  const all = list.flatMap((e) => [
    ...chosen(e.hostSizes).map((size) => record(e, e.host, size)),
    ...chosen(e.guestSizes).map((size) => record(e, e.guest, size)),
  ]);
  const placed = all.map((r) => ({ r, at: order.next().value as number })).sort((a, b) => a.at - b.at);
  return placed.map(({ r }, i) => ({ ...r, batch: Math.floor((i * batches) / placed.length) }));
}

/** Deliver the trace as agents would: runs of one source in one add(). */
function deliver(joiner: Joiner, trace: TraceRecord[], batches: number, expire: boolean): void {
  for (let batch = 0; batch < batches; batch++) {
    let run: TraceRecord[] = [];
    for (const r of trace.filter((t) => t.batch === batch)) {
      if (run.length > 0 && run[0]!.source !== r.source) run = send(joiner, run);
      run.push(r);
    }
    send(joiner, run);
    if (expire) joiner.expire();
  }
}

function send(joiner: Joiner, run: TraceRecord[]): TraceRecord[] {
  if (run.length > 0) joiner.add(concatRecords(run.map((r) => r.bytes)), sourceOf(run[0]!.source));
  return [];
}

/** A row in comparable form, from the joiner's columns. */
function rowText(columns: PathColumns, row: number): string {
  const stamps = columns.first.subarray(row * STATION_COUNT, (row + 1) * STATION_COUNT);
  const lasts = columns.last.subarray(row * STATION_COUNT, (row + 1) * STATION_COUNT);
  const continued = (columns.flags[row]! & FLAGS.continued) !== 0;
  return [
    columns.hostSource[row],
    columns.guestSource[row],
    columns.responseBytes[row],
    continued,
    ...stamps,
    ...lasts,
  ].join(' ');
}

/** The same from the two records, in BigInt arithmetic. */
function pairText([host, guest]: [TraceRecord, TraceRecord]): string {
  const at = (offset: number) => {
    const stamps: number[] = new Array(STATION_COUNT);
    for (const [i, s] of HOST_STATIONS.entries()) stamps[stationIndex(s)] = stampOf(host, offset + 8 * i);
    for (const [i, s] of GUEST_STATIONS.entries()) stamps[stationIndex(s)] = stampOf(guest, offset + 8 * i);
    return stamps;
  };
  const agree = host.responseBytes === guest.responseBytes;
  const responseBytes = Math.max(host.responseBytes, guest.responseBytes);
  const continued = (host.continued || guest.continued) && !agree;
  const stamps = [...at(RECORD_OFFSETS.first), ...at(RECORD_OFFSETS.last)];
  return [host.source, guest.source, responseBytes, continued, ...stamps].join(' ');
}

function stampOf(r: TraceRecord, offset: number): number {
  return Number(Buffer.from(r.bytes).readBigUInt64LE(offset) - BASES[r.source]!);
}

function drained(joiner: Joiner): string[] {
  const out = pathColumns(500);
  joiner.drain(out);
  return Array.from({ length: out.count }, (_, row) => rowText(out, row)).sort();
}

function hex(record: Uint8Array | Uint32Array): string {
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString('hex');
}

/** Every record is somewhere. */
function expectBalance(joiner: Joiner): void {
  const c = joiner.counts;
  const pairs = c.joined + c.overflow;
  for (const [vantage, own] of [
    ['Host', c.host],
    ['Guest', c.guest],
  ] as const) {
    const waits = c[`pending${vantage}`];
    const lost = c[`unmatched${vantage}`] + c[`evicted${vantage}`] + c[`malformed${vantage}`];
    const repeated = c[`duplicate${vantage}`] + c[`continued${vantage}`] + c[`late${vantage}`];
    expect(pairs + waits + lost + repeated).toBe(own);
    expect(c.held).toBeLessThanOrEqual(waits);
  }
}

describe('Joiner against sort and scan', () => {
  it('joins the same pairs whatever is lost, sent again, carried on, reordered or cut into batches', () => {
    fc.assert(
      fc.property(exchanges, shuffle, (list, { order, batches }) => {
        const trace = interleave(list, order, batches);
        const truth = sortAndScan(trace);
        const joiner = new Joiner({ capacity: 200, queue: 200, seed: 17 });
        deliver(joiner, trace, batches, false);
        expectBalance(joiner);
        joiner.flush();
        expect(joiner.counts).toMatchObject({ held: 0, continued: truth.continued, late: truth.late.length });
        expect(
          joiner
            .takeLate()
            .map(({ words }) => hex(words))
            .sort(),
        ).toEqual(truth.late.map((r) => hex(r.bytes)).sort());
        expect(drained(joiner)).toEqual(truth.pairs.map(pairText).sort());
        expect(joiner.counts.duplicate).toBe(truth.duplicates);
        expect(joiner.counts.unmatchedHost).toBe(truth.unmatched.filter((r) => r.isHost).length);
        expect(joiner.counts.unmatchedGuest).toBe(truth.unmatched.filter((r) => !r.isHost).length);
        expectBalance(joiner);
      }),
      { numRuns: 300 },
    );
  });

  it('gives up on the same records when they expire by their own source between batches', () => {
    const expireNs = 4_000_000;
    fc.assert(
      fc.property(exchanges, shuffle, (list, { order, batches }) => {
        const trace = inTimeOrder(interleave(list, order, batches, true), batches);
        const newestAfter = (source: number, batch: number) =>
          Math.max(...trace.filter((r) => r.source === source && r.batch <= batch).map((r) => r.timeNs));
        const truth = sortAndScan(
          trace,
          (r, until) => until > r.batch && newestAfter(r.source, until - 1) - r.timeNs > expireNs,
        );
        const joiner = new Joiner({ capacity: 200, queue: 200, expireNs });
        deliver(joiner, trace, batches, true);
        joiner.flush();
        expect(drained(joiner)).toEqual(truth.pairs.map(pairText).sort());
        expect(joiner.counts.unmatchedHost).toBe(truth.unmatched.filter((r) => r.isHost).length);
        expectBalance(joiner);
      }),
      { numRuns: 300 },
    );
  });

  it('holds no pair for longer than its silence, and loses none of them', () => {
    fc.assert(
      fc.property(exchanges, shuffle, (list, { order, batches }) => {
        const trace = interleave(list, order, batches);
        const joiner = new Joiner({ capacity: 200, queue: 200, holdMs: 100 });
        deliver(joiner, trace, batches, false);
        joiner.expire(5_000);
        joiner.expire(5_099);
        const { held, joined } = joiner.counts;
        joiner.expire(5_100);
        expect(joiner.counts).toMatchObject({ held: 0, joined: joined + held });
        joiner.flush();
        expect(drained(joiner)).toEqual(sortAndScan(trace).pairs.map(pairText).sort());
        expectBalance(joiner);
      }),
      { numRuns: 100 },
    );
  });

  it('law 3, nothing silent: accounts for every record when everything is too small', () => {
    fc.assert(
      fc.property(exchanges, shuffle, fc.integer({ min: 1, max: 6 }), (list, { order, batches }, capacity) => {
        const joiner = new Joiner({ capacity, queue: capacity, expireNs: 3_000_000 });
        deliver(joiner, interleave(list, order, batches), batches, true);
        expect(joiner.counts.pendingHost).toBeLessThanOrEqual(capacity);
        expect(joiner.counts.pendingGuest).toBeLessThanOrEqual(capacity);
        expect(joiner.ready).toBeLessThanOrEqual(capacity);
        expectBalance(joiner);
      }),
      { numRuns: 300 },
    );
  });
});

/** Each source delivers its records by time, as a kernel does; the sources stay interleaved. */
function inTimeOrder(trace: TraceRecord[], batches: number): TraceRecord[] {
  const sorted = new Map<number, TraceRecord[]>();
  for (const source of [0, 1, 2, 3]) {
    sorted.set(
      source,
      trace.filter((r) => r.source === source).sort((a, b) => a.timeNs - b.timeNs),
    );
  }
  return trace.map(({ source }, i) => ({
    ...sorted.get(source)!.shift()!,
    batch: Math.floor((i * batches) / trace.length),
  }));
}
