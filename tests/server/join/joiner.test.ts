import { describe, expect, it } from 'vitest';
import { Joiner } from '../../../server/join/joiner.ts';
import { KEY_BYTES, pathColumns, STATION_COUNT } from '../../../server/join/paths.ts';
import type { RecordSource } from '../../../server/join/record-source.ts';
import { addressText } from '../../../server/wire/address.ts';
import { FLAGS, HEAD_BYTES, headText, RECORD_BYTES, RECORD_OFFSETS } from '../../../server/wire/record.ts';
import { concatRecords, encodeRecord, mappedAddress, type RecordFields } from '../wire/encode-record.ts';

const HOST_BASE = 5n * 2n ** 32n + 4_000_000_000n;
const GUEST_BASE = 77n;
const HOST: RecordSource = { index: 3, vantage: 'host', base: HOST_BASE, wallOffsetMs: 1_800_000_000_000 };
const GUEST: RecordSource = { index: 9, vantage: 'guest', base: GUEST_BASE, wallOffsetMs: 1_800_000_000_000 };
const SECOND = 1_000_000_000n;

/** Stamps 1 µs apart from `atNs` after the base. */
const stamps = (base: bigint, atNs: bigint, count: number) =>
  Array.from({ length: count }, (_, i) => base + atNs + BigInt(i) * 1000n);

function host(requestSeq: number, fields: Partial<RecordFields> = {}, atNs = 1000n): Uint8Array {
  return encodeRecord({ vantage: 'host', first: stamps(HOST_BASE, atNs, 6), requestSeq, ...fields });
}

function guest(requestSeq: number, fields: Partial<RecordFields> = {}, atNs = 500n): Uint8Array {
  return encodeRecord({ vantage: 'guest', first: stamps(GUEST_BASE, atNs, 7), requestSeq, ...fields });
}

describe('Joiner', () => {
  it('makes one row of a host and a guest record, field by field, in either order', () => {
    const hostRecord = host(7, {
      last: stamps(HOST_BASE, 2_500_000n, 6),
      clientPort: 40_000,
      serverPort: 80,
      rttNs: 1234,
      responseBytes: 615,
      requestBytes: 90,
      ifindex: 12,
      flags: FLAGS.ipv4 | FLAGS.retransmit,
    });
    const guestRecord = guest(7, {
      clientPort: 40_000,
      serverPort: 80,
      responseBytes: 610,
      status: 404,
      flags: FLAGS.closed,
      head: 'GET /x',
    });
    for (const hostFirst of [true, false]) {
      const vmOf = (h: number, ifindex: number, g: number) => h * 10_000 + ifindex * 100 + g;
      const joiner = new Joiner({ capacity: 8, queue: 8, vmOf });
      if (hostFirst) joiner.add(hostRecord, HOST);
      joiner.add(guestRecord, GUEST);
      if (!hostFirst) joiner.add(hostRecord, HOST);
      const out = pathColumns(4);
      expect(joiner.drain(out)).toBe(1);
      const first = [1000, 2000, 3000, 500, 1500, 2500, 3500, 4500, 5500, 6500, 4000, 5000, 6000];
      expect([...out.first.subarray(0, STATION_COUNT)]).toEqual(first);
      expect(out.last[0]).toBe(2_500_000);
      expect(out.last[12]).toBe(2_505_000);
      expect(out.last[3]).toBe(500);
      expect([out.vm[0], out.hostSource[0], out.guestSource[0]]).toEqual([31_209, 3, 9]);
      expect(out.atMs[0]).toBe(1_800_000_000_000.001);
      expect([out.clientRtt[0], out.responseBytes[0], out.requestBytes[0], out.status[0]]).toEqual([
        1234, 615, 90, 404,
      ]);
      expect(out.flags[0]).toBe(FLAGS.ipv4 | FLAGS.retransmit | FLAGS.closed);
      expect(headText(out.heads, 0, out.headLength[0]!)).toEqual({ method: 'GET', path: '/x' });
      expect(addressText(out.keys, 16)).toBe('10.0.0.2');
      expect([...out.keys.subarray(KEY_BYTES - 4, KEY_BYTES)]).toEqual([40_000 & 255, 40_000 >> 8, 80, 0]);
      expect(joiner.counts).toMatchObject({
        host: 1,
        guest: 1,
        joined: 1,
        complete: 1,
        pendingHost: 0,
        pendingGuest: 0,
      });
    }
  });

  it('takes from the other vantage what one does not know, and leaves missing what neither knows', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8 });
    const noTcp = stamps(GUEST_BASE, 500n, 7).with(1, 0n);
    joiner.add(guest(1, { first: noTcp, responseBytes: 44 }), GUEST);
    joiner.add(host(1, { status: 500, head: 'PUT /h' }), HOST);
    const out = pathColumns(1);
    joiner.drain(out);
    expect([out.responseBytes[0], out.status[0], out.clientRtt[0]]).toEqual([44, 500, Number.NaN]);
    expect(headText(out.heads, 0, out.headLength[0]!)).toEqual({ method: 'PUT', path: '/h' });
    expect(out.first[4]).toBeNaN();
    expect(joiner.counts).toMatchObject({ joined: 1, complete: 0 });
  });

  it('reads records at any alignment', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8 });
    for (const shift of [1, 2, 3]) {
      const shifted = new Uint8Array(2 * RECORD_BYTES + shift);
      shifted.set(concatRecords([host(shift), host(shift + 100)]), shift);
      joiner.add(shifted.subarray(shift), HOST);
      joiner.add(guest(shift), GUEST);
    }
    expect(joiner.counts).toMatchObject({ host: 6, joined: 3, pendingHost: 3, malformed: 0 });
  });

  it('keeps keys apart that differ in one address byte, one port or the sequence number', () => {
    const variants: Partial<RecordFields>[] = [
      {},
      { client: mappedAddress(10, 0, 0, 9) },
      { server: mappedAddress(10, 1, 0, 2) },
      { clientPort: 1 },
      { serverPort: 1 },
      { requestSeq: 2 },
    ];
    const joiner = new Joiner({ capacity: 16, queue: 16 });
    for (const fields of variants) joiner.add(host(1, fields), HOST);
    expect(joiner.counts).toMatchObject({ pendingHost: 6, duplicate: 0 });
    for (const fields of variants.toReversed()) joiner.add(guest(1, fields), GUEST);
    expect(joiner.counts).toMatchObject({ joined: 6, pendingHost: 0, pendingGuest: 0 });
  });

  it('counts a record that is sent again as a duplicate, before and after its join', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8 });
    joiner.add(concatRecords([host(1), host(1)]), HOST);
    joiner.add(concatRecords([guest(1), guest(1)]), GUEST);
    joiner.add(host(1), HOST);
    expect(joiner.counts).toMatchObject({ joined: 1, duplicateHost: 2, duplicateGuest: 1, duplicate: 3 });
    expect(joiner.counts).toMatchObject({ pendingHost: 0, pendingGuest: 0 });
  });

  it('gives up by record time of the same source, whatever the other sources say', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8, expireNs: 1e9 });
    const otherHost: RecordSource = { ...HOST, index: 4 };
    joiner.add(host(1, {}, 0n), HOST);
    joiner.add(host(2, {}, 5n * SECOND), otherHost);
    expect(joiner.expire()).toBe(0);
    joiner.add(host(3, {}, SECOND), HOST);
    expect(joiner.expire()).toBe(0);
    joiner.add(host(4, {}, SECOND + 1n), HOST);
    expect(joiner.expire()).toBe(1);
    expect(joiner.counts).toMatchObject({ unmatchedHost: 1, pendingHost: 3 });
    joiner.add(guest(1), GUEST);
    expect(joiner.counts).toMatchObject({ joined: 0, pendingGuest: 1 });
    expect(joiner.flush(4)).toBe(1);
    expect(joiner.flush()).toBe(3);
    expect(joiner.counts).toMatchObject({ unmatchedHost: 4, unmatchedGuest: 1, pendingHost: 0, pendingGuest: 0 });
  });

  it('gives up what came long ago, whatever its stamps say, but not because the process stood still', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8, shortestWaitS: 1, longestWaitS: 2 });
    joiner.add(concatRecords([host(1, {}, 1_000_000n * SECOND), host(2)]), HOST);
    expect([10_000, 10_900, 11_000, 99_000].map((nowMs) => joiner.expire(nowMs))).toEqual([0, 0, 0, 2]);
  });

  it('lets a backlog wait for the partners that another agent brings in a moment', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8, shortestWaitS: 2 });
    joiner.add(concatRecords([host(1), host(2, {}, 60n * SECOND)]), HOST);
    expect([10_000, 11_000].map((nowMs) => joiner.expire(nowMs))).toEqual([0, 0]);
    joiner.add(host(3), HOST);
    expect(joiner.expire(12_000)).toBe(1);
    expect(joiner.counts).toMatchObject({ unmatchedHost: 1, pendingHost: 2 });
    expect(joiner.flush()).toBe(2);
  });

  it('says up to which record nothing of a source is pending, whatever became of the others', () => {
    const joiner = new Joiner({ capacity: 3, queue: 8 });
    const otherHost: RecordSource = { ...HOST, index: 4 };
    const settled = () => [joiner.settled(HOST), joiner.settled(otherHost)];
    joiner.add(concatRecords([host(1), new Uint8Array(RECORD_BYTES), host(2)]), HOST);
    joiner.add(host(3), otherHost);
    expect([joiner.taken('host'), ...settled()]).toEqual([4, 0, 3]);
    joiner.add(guest(1), GUEST);
    expect(settled()).toEqual([2, 3]);
    joiner.add(guest(3), GUEST);
    expect(settled()).toEqual([2, 4]);
    joiner.add(concatRecords([host(1), host(5), host(6)]), otherHost); // one sent again
    joiner.add(host(7), otherHost); // no room: the oldest record goes
    expect([joiner.taken('host'), ...settled()]).toEqual([8, 8, 5]);
    joiner.flush();
    expect([joiner.taken('guest'), joiner.settled(GUEST), ...settled()]).toEqual([2, 2, 8, 8]);
  });

  it('drops the oldest pending record of any source when a vantage is full, and counts it', () => {
    const joiner = new Joiner({ capacity: 3, queue: 8 });
    const otherHost: RecordSource = { ...HOST, index: 4 };
    joiner.add(host(1), HOST);
    joiner.add(host(2), otherHost);
    joiner.add(concatRecords([host(3), host(4), host(5)]), HOST);
    expect(joiner.counts).toMatchObject({ evictedHost: 2, evictedGuest: 0, evicted: 2, pendingHost: 3 });
    joiner.add(concatRecords([1, 2, 3, 4, 5].map((seq) => guest(seq))), GUEST);
    expect(joiner.counts).toMatchObject({ joined: 3, pendingHost: 0, pendingGuest: 2 });
  });

  it('keeps rows in order until there is room, and counts the pairs that found no place', () => {
    const joiner = new Joiner({ capacity: 8, queue: 5 });
    for (let seq = 1; seq <= 7; seq++) {
      joiner.add(host(seq, { responseBytes: seq }), HOST);
      joiner.add(guest(seq), GUEST);
    }
    expect(joiner.ready).toBe(5);
    const out = pathColumns(3);
    expect(joiner.drain(out)).toBe(3);
    expect(joiner.drain(out)).toBe(0);
    expect([...out.responseBytes]).toEqual([1, 2, 3]);
    out.count = 1;
    expect(joiner.drain(out)).toBe(2);
    expect([...out.responseBytes]).toEqual([1, 4, 5]);
    expect(joiner.counts).toMatchObject({ joined: 5, overflow: 2 });
  });

  it('has room again for as many rows as were taken', () => {
    const joiner = new Joiner({ capacity: 16, queue: 5 });
    const join = (from: number, to: number) => {
      for (let seq = from; seq <= to; seq++) {
        joiner.add(host(seq, { responseBytes: seq }), HOST);
        joiner.add(guest(seq), GUEST);
      }
    };
    join(1, 5);
    const out = pathColumns(9);
    out.count = 6;
    expect(joiner.drain(out)).toBe(3);
    join(6, 8);
    expect(joiner.ready).toBe(5);
    out.count = 0;
    expect(joiner.drain(out)).toBe(5);
    expect([...out.responseBytes.subarray(0, 5)]).toEqual([4, 5, 6, 7, 8]);
    expect(joiner.counts).toMatchObject({ joined: 8, overflow: 0 });
  });

  it.each<[string, Uint8Array]>([
    ['of the other vantage', guest(1)],
    ['with a vantage that is none', host(1).fill(9, RECORD_OFFSETS.vantage, RECORD_OFFSETS.vantage + 1)],
    ['with a head longer than its field', host(1).fill(HEAD_BYTES + 1, RECORD_OFFSETS.head_len, RECORD_OFFSETS.head)],
    ['without any stamp', host(1, { first: [] })],
    ['whose stations run backwards', host(1, { first: stamps(HOST_BASE, 5n * SECOND, 6).with(1, HOST_BASE) })],
    ['whose last byte is before its first', host(1, { last: stamps(HOST_BASE, 0n, 6) })],
    ['from another age', host(1, { first: [2n ** 63n] })],
  ])('counts a record %s as malformed and joins nothing with it', (_, record) => {
    const joiner = new Joiner({ capacity: 8, queue: 8 });
    joiner.add(record, HOST);
    joiner.add(guest(1), GUEST);
    expect(joiner.counts).toMatchObject({ host: 1, malformedHost: 1, malformed: 1, joined: 0, pendingHost: 0 });
  });

  it('takes the index of a flushed source for another boot with its own base and time', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8, expireNs: 1e9 });
    joiner.add(host(1, {}, 100n * SECOND), HOST);
    expect(joiner.flush(HOST.index)).toBe(1);
    const reborn = { ...HOST, base: 40n };
    joiner.add(host(2, { first: stamps(40n, 2000n, 6) }), reborn);
    expect(joiner.expire()).toBe(0);
    joiner.add(guest(2), GUEST);
    const out = pathColumns(1);
    expect(joiner.drain(out)).toBe(1);
    expect(out.first[0]).toBe(2000);
  });

  it('throws on bugs of its caller: part of a record, a base that moves', () => {
    const joiner = new Joiner({ capacity: 8, queue: 8 });
    expect(() => joiner.add(new Uint8Array(255), HOST)).toThrow(/255 bytes/);
    joiner.add(host(1), HOST);
    expect(() => joiner.add(host(2), { ...HOST, base: 1n })).toThrow(/base of source 3/);
  });
});
