import { describe, expect, it } from 'vitest';
import { Joiner } from '../../../server/join/joiner.ts';
import { pathColumns } from '../../../server/join/paths.ts';
import type { RecordSource } from '../../../server/join/record-source.ts';
import { amendRow } from '../../../server/join/row-writer.ts';
import { FLAGS, PROTOCOLS } from '../../../server/wire/record.ts';
import { encodeRecord, type RecordFields } from '../wire/encode-record.ts';

const HOST: RecordSource = { index: 0, vantage: 'host', base: 0n, wallOffsetMs: 0 };
const GUEST: RecordSource = { index: 1, vantage: 'guest', base: 0n, wallOffsetMs: 0 };
const SECOND = 1_000_000_000n;

/** A joiner, and records of `bytes` response bytes given to it; a guest's or host's by the name of the function. */
function joining(options: ConstructorParameters<typeof Joiner>[0] = {}) {
  const joiner = new Joiner({ capacity: 8, queue: 8, expireNs: 1e9, ...options });
  const record = (source: RecordSource, bytes: number, fields: Partial<RecordFields>): void => {
    const stations = source === HOST ? 6 : 7;
    const first = fields.first ?? Array.from({ length: stations }, (_, i) => BigInt(1000 + i));
    const last = first.map((ns) => ns + BigInt(bytes));
    const { vantage } = source;
    joiner.add(encodeRecord({ vantage, requestSeq: 1, responseBytes: bytes, ...fields, first, last }), source);
  };
  return {
    joiner,
    host: (bytes: number, fields: Partial<RecordFields> = {}) => record(HOST, bytes, fields),
    guest: (bytes: number, fields: Partial<RecordFields> = {}) => record(GUEST, bytes, fields),
    row: () => {
      const out = pathColumns(1);
      expect(joiner.drain(out)).toBe(1);
      return { bytes: out.responseBytes[0], flags: out.flags[0], lastAtNic: out.last[12], lastInGuest: out.last[3] };
    },
  };
}
const continued = { flags: FLAGS.continued };

describe('a ticket that crosses the first request of a TLS connection', () => {
  const tls = { protocol: PROTOCOLS.indexOf('tls') };
  /** The host took 200 bytes of ticket for the begin of the answer of 300. */
  const early = { ...tls, responseSeq: 800 };
  const answer = { ...tls, responseSeq: 1000 };

  it('is no begin of its answer: the host has no first byte of it, and no request is held for it', () => {
    const { joiner, host, guest } = joining();
    host(500, early);
    guest(300, answer);
    const out = pathColumns(1);
    expect(joiner.drain(out)).toBe(1);
    expect([...out.first].map(Number.isNaN)).toEqual([...Array(10).fill(false), true, true, true]);
    expect([...out.last].some(Number.isNaN)).toBe(false);
    expect(joiner.counts).toMatchObject({ joined: 1, complete: 0, held: 0 });
  });

  it('is none either when more of the answer is told later', () => {
    const { joiner, host, guest } = joining();
    host(500, early);
    guest(300, answer);
    const out = pathColumns(1);
    joiner.drain(out);
    host(600, { ...early, ...continued });
    const late = joiner.takeLate();
    expect(late).toHaveLength(1);
    amendRow(out, 0, late[0]!);
    expect([...out.first.slice(10)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(out.last[12]).toBe(1605);
  });

  it('leaves a path alone on which both saw the same begin, and one that is not TLS', () => {
    for (const fields of [answer, { protocol: PROTOCOLS.indexOf('http/1'), responseSeq: 800 }]) {
      const { joiner, host, guest } = joining();
      host(300 + 1000 - fields.responseSeq, fields);
      guest(300, answer);
      const out = pathColumns(1);
      joiner.drain(out);
      expect([...out.first].some(Number.isNaN)).toBe(false);
    }
  });
});

describe('a response that pauses', () => {
  it('is one ordinary path when the rest comes while its first record waits', () => {
    const { joiner, host, guest, row } = joining();
    host(100);
    host(200, continued);
    host(300, continued);
    expect(joiner.counts).toMatchObject({ host: 3, continuedHost: 2, duplicate: 0, pendingHost: 1, held: 0 });
    guest(300);
    expect(row()).toEqual({ bytes: 300, flags: 0, lastAtNic: 1305, lastInGuest: 1300 });
    expect(joiner.counts).toMatchObject({ joined: 1, pendingHost: 0, pendingGuest: 0 });
  });

  it.each(['host', 'guest'] as const)(
    'is held while the %s has seen less of it, and then is an ordinary one',
    (less) => {
      const { joiner, host, guest, row } = joining();
      const [short, whole] = less === 'host' ? [host, guest] : [guest, host];
      short(100);
      whole(250);
      expect(joiner.counts).toMatchObject({ joined: 0, held: 1, pendingHost: 1, pendingGuest: 1 });
      short(250, continued);
      expect(row()).toMatchObject({ bytes: 250, flags: 0 });
      expect(joiner.counts).toMatchObject({ joined: 1, continued: 1, held: 0, pendingHost: 0, pendingGuest: 0 });
    },
  );

  it('is joined as it is when the rest does not come before it expires, as a stream where it went on', () => {
    const { joiner, host, guest, row } = joining();
    host(100);
    guest(150);
    guest(250, continued);
    expect(joiner.counts).toMatchObject({ held: 1, continuedGuest: 1 });
    host(7, { requestSeq: 9, first: [3n * SECOND] });
    expect(joiner.expire()).toBe(0);
    expect(row()).toMatchObject({ bytes: 250, flags: FLAGS.continued });
    expect(joiner.counts).toMatchObject({ joined: 1, held: 0, unmatchedHost: 0, unmatchedGuest: 0, pendingHost: 1 });
  });

  it('is joined as it is when nothing more is held for a while, although both machines are silent', () => {
    const { joiner, host, guest } = joining({ holdMs: 500 });
    host(100);
    guest(150);
    for (const nowMs of [10_000, 10_499]) joiner.expire(nowMs);
    expect(joiner.counts).toMatchObject({ joined: 0, held: 1 });
    joiner.expire(10_500);
    expect(joiner.counts).toMatchObject({ joined: 1, held: 0, pendingHost: 0, pendingGuest: 0 });
  });

  it('is joined as it is rather than lost, when a vantage is full or a machine is forgotten', () => {
    const { joiner, host, guest } = joining({ capacity: 2 });
    host(100);
    guest(150);
    host(1, { requestSeq: 2 });
    host(1, { requestSeq: 3 });
    expect(joiner.counts).toMatchObject({ joined: 1, evicted: 0, pendingHost: 2, pendingGuest: 0 });
    guest(2, { requestSeq: 3 });
    expect(joiner.counts).toMatchObject({ joined: 1, held: 1 });
    expect(joiner.flush(GUEST.index)).toBe(0);
    expect(joiner.counts).toMatchObject({ joined: 2, held: 0, pendingHost: 1 });
  });

  it.each(['reset', 'closed', 'midstream', 'overlap', 'pipelined'] as const)(
    'is not waited for where the one who saw less says %s',
    (flag) => {
      const { joiner, host, guest } = joining();
      host(100, { flags: FLAGS[flag] });
      guest(150);
      expect(joiner.counts).toMatchObject({ joined: 1, held: 0 });
    },
  );

  it('is not waited for where a vantage does not tell its bytes', () => {
    const { joiner, host, guest } = joining();
    host(0);
    guest(150);
    expect(joiner.counts).toMatchObject({ joined: 1, held: 0 });
  });

  it('is late where its path was made before, once for each time that it went on', () => {
    const { joiner, host, guest, row } = joining();
    host(100);
    guest(100);
    expect(row()).toMatchObject({ bytes: 100, flags: 0 });
    host(200, continued);
    host(200, continued);
    guest(200, continued);
    host(300, continued);
    expect(joiner.counts).toMatchObject({ joined: 1, lateHost: 2, lateGuest: 1, late: 3, duplicateHost: 1 });
    expect(joiner.takeLate().map((l) => [l.ordinal, l.isHost])).toEqual([
      [0, true],
      [0, false],
      [0, true],
    ]);
    expect(joiner.takeLate()).toEqual([]);
  });

  it('counts late records beyond what waits for their rows to be put right', () => {
    const { joiner, host, guest } = joining({ lateQueue: 1 });
    host(100);
    guest(100);
    host(200, continued);
    guest(200, continued);
    expect(joiner.counts).toMatchObject({ late: 2 });
    expect(joiner.takeLate()).toHaveLength(1);
  });

  it('does not take the record of another machine for the rest', () => {
    const { joiner, host } = joining();
    host(100);
    const other = encodeRecord({ vantage: 'host', first: [1000n], requestSeq: 1, responseBytes: 200, ...continued });
    joiner.add(other, { ...HOST, index: 5 });
    expect(joiner.counts).toMatchObject({ duplicateHost: 1, continued: 0, pendingHost: 1 });
  });
});
